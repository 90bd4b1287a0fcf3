"""Columns of files of tokens: which one is what, and lines taken apart."""
