import json
from pathlib import Path

import pytest

from nerforge.evaluation.reading.gold_stream import read_index, read_surfaces
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.generators.slots.generate import SlotOptions
from nerforge.templates.tasks import read_task
from nerforge.templates.tasks.files import TASK_FILE
from tests.slot_sets import place_slots

ROW = {"id": "1", "text": "菏泽市", "entities": [{"label": "City", "text": "菏泽", "start": 0, "end": 3}]}


def write(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.whole
def test_the_index_holds_every_sample_in_order(tmp_path: Path) -> None:
    place_slots(SlotOptions(40), DatasetOptions(tmp_path / "data"))
    gold = tmp_path / "data" / "gold" / "train.jsonl"
    samples = read_gold(gold, read_task(tmp_path / "data" / TASK_FILE).schema)
    assert read_index(gold) == [(sample.id, sample.text) for sample in samples]


def test_training_surfaces_are_read_from_all_rows(tmp_path: Path) -> None:
    inferred = {"id": "2", "text": "x", "entities": [{"label": "Province", "text": "山东省"}]}
    assert read_surfaces(write(tmp_path / "g.jsonl", ROW, inferred)) == {"菏泽市", "山东省"}


def test_an_id_that_occurs_twice_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"g\.jsonl:2: duplicate id '1', first in line 1$"):
        read_index(write(tmp_path / "g.jsonl", ROW, ROW))
    with pytest.raises(UserError, match=r"e\.jsonl: holds no samples"):
        read_index(write(tmp_path / "e.jsonl"))
