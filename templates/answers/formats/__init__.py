"""The answer formats, each with ``encode`` and ``decode``."""
