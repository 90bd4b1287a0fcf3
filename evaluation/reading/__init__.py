"""Answers become entities, beside the gold that they are judged by."""
