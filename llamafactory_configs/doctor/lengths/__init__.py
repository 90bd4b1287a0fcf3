"""Tokens of rows, truncation and padding, as LLaMA-Factory counts them."""
