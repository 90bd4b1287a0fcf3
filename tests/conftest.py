"""Settings for every test."""

from hypothesis import settings

# The examples are the same in every run, so that a red build is red again when someone looks into it.
settings.register_profile("nerforge", deadline=None, derandomize=True)
settings.load_profile("nerforge")
