"""Lets the tests of engines import the fake server beside them."""

import sys
from pathlib import Path

# Tests are no packages, as tests/evaluation would hide the package evaluation.
sys.path.append(str(Path(__file__).parent))
