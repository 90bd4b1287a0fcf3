"""How F1 grows with the rows of training, and what more rows would give.

Parts of a training set are trained on, or scores of trained models are given; laws are fitted to what they
reach on a held-out split, and say with an interval what more rows give.
"""

CRF, DICTIONARY = "crf", "dictionary"
METHODS = (CRF, DICTIONARY)
"""What can be trained here, on a CPU, in minutes."""
N_SIZES = 7
N_DRAWS = 3
MIN_SIZES = 3
"""A law has three parameters."""
SPAN = 32
"""The smallest part of a training set is one of so many, unless a size is asked for."""
MIN_ROWS = 10
"""Of the smallest part."""
CURVE_FILE = "curve.json"
