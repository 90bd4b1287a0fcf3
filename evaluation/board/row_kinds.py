"""The kinds of what answers on a board."""

BASELINES = ("dictionary", "crf", "majority", "gazetteer")
WITHOUT_TRAINING = ("gazetteer", "zero-shot", "few-shot")
KINDS = (*BASELINES, "zero-shot", "few-shot", "lora", "full", "other")
"""What answered; ``full`` is fine-tuning of all weights."""
