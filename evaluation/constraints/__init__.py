"""Constrained decoding: a grammar for each sentence, of the answers that are read as clean."""
