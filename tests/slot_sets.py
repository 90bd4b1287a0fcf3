"""Synthetic data sets for tests that need one and do not test how it is made.

A set is made once in a session, whatever number of workers and tests asks for it, and copied after that: a
copy takes 5 ms, making 60 rows takes seconds.
"""

import hashlib
import os
import shutil
from dataclasses import replace
from pathlib import Path

from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions, generate_slots

FOLDER = "NERFORGE_TEST_SLOT_SETS"
"""The environment variable that holds the folder of the session's sets; ``conftest.py`` sets it."""


def place_slots(slots: SlotOptions, options: DatasetOptions) -> None:
    """Put the data set into ``options.out`` that ``generate_slots`` makes of these options."""
    # The rows are the same with any number of processes; a small set needs no second one.
    slots = replace(slots, n_workers=1)
    out, options = options.out, replace(options, out=Path("data"))
    key = hashlib.sha256(repr((slots, options)).encode()).hexdigest()[:16]
    made = Path(os.environ[FOLDER]) / key
    if not made.exists():
        # Two workers may make the same set at once; the first to end gives it its name.
        own = made.with_name(f"{key}.{os.getpid()}")
        generate_slots(slots, replace(options, out=own))
        try:
            own.rename(made)
        except OSError:
            shutil.rmtree(own)
    shutil.copytree(made, out, dirs_exist_ok=True)
