"""Answers that copy the sentence with tags in it."""
