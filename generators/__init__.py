"""Corpora and slot tables become samples, splits and a LLaMA-Factory dataset directory."""
