"""Text classification: a label for each text, of those that its row offers."""

CLASSIFICATION_TASKS = ("fudan",)
"""The tasks that are made from a corpus of labelled texts."""
