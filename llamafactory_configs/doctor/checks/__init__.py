"""Checks of rows, gold, labels and manifests."""
