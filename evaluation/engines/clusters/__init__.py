"""Engines that ask a Ray cluster."""
