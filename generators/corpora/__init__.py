"""Labelled corpora: layouts of files, what their offsets mean, what to take of them."""

CORPUS_TASKS = ("ccfbdci", "cmeee")
"""The tasks that are made from a corpus."""
