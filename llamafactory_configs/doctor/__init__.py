"""Examine data sets, gold and training YAML before a training: every fault at once."""
