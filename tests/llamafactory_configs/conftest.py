"""Fixtures of recipes, checks, runs and the doctor."""

from pathlib import Path

import pytest

from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a synthetic set of 60 rows, to be read only."""
    folder = tmp_path_factory.mktemp("power") / "data"
    place_slots(SlotOptions(60), DatasetOptions(folder))
    return folder
