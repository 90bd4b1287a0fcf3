"""Where the data lies that the package ships."""

from pathlib import Path

DATA_DIR = (Path(__file__).resolve().parents[2] / "data").resolve()
"""The embedded data: small corpora, the gazetteer, slot tables, the tiny base model."""
