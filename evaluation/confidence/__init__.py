"""How sure a model is of what it answered: token log-probabilities become one number an entity.

What options of commands offer stands here, as it needs no numpy.
"""

AUTO, SIGMOID, TEMPERATURE, ISOTONIC = "auto", "sigmoid", "temperature", "isotonic"
METHODS = (AUTO, SIGMOID, TEMPERATURE, ISOTONIC)
"""How raw confidences are mapped to shares of right ones."""
MIN_FOR_STEPS = 1_000
"""Entities from which on ``auto`` takes isotonic steps, which overfit smaller sets:
https://scikit-learn.org/stable/modules/calibration.html (isotonic)."""
DELTA = 0.1
"""The probability with which a promised precision may be missed."""
PRECISIONS = (0.9, 0.95, 0.99)
"""For which a threshold is looked for, unless others are asked for."""
