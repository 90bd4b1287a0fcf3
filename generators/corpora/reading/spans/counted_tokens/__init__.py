"""Spans that count tokens in place of characters."""
