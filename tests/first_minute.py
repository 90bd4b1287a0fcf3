"""The twenty answers of the README's first command, and how they are scored."""

from pathlib import Path

_FOLDER = Path(__file__).parents[1] / "data" / "examples" / "first_minute"
GOLD = _FOLDER / "gold.jsonl"
PREDICTIONS = _FOLDER / "generated_predictions.jsonl"
SCORE = ("--task", "ccfbdci", "--gold", str(GOLD), "--pred", str(PREDICTIONS))
"""Options of ``nerforge score``."""
