import json
from pathlib import Path

import pytest

from evaluation.gold_stream import read_index, read_surfaces, stream_gold
from generators.gold import read_gold
from generators.pipeline import DatasetOptions, generate_power
from templates.errors import UserError
from templates.tasks import load_task

SCHEMA = load_task("power").schema
ROW = {"id": "1", "text": "菏泽市", "entities": [{"label": "City", "text": "菏泽", "start": 0, "end": 3}]}


def write(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_stream_gives_what_the_whole_file_holds(tmp_path: Path) -> None:
    generate_power(40, DatasetOptions(tmp_path / "data"))
    gold = tmp_path / "data" / "gold" / "train.jsonl"
    samples = read_gold(gold, SCHEMA)
    assert list(stream_gold(gold, SCHEMA)) == samples
    assert read_index(gold) == [(sample.id, sample.text) for sample in samples]


def test_training_surfaces_are_read_from_all_rows(tmp_path: Path) -> None:
    inferred = {"id": "2", "text": "x", "entities": [{"label": "Province", "text": "山东省"}]}
    assert read_surfaces(write(tmp_path / "g.jsonl", ROW, inferred)) == {"菏泽市", "山东省"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": 0, "end": 2, "text": "济南"}, r"g\.jsonl:1: .*the text says '菏泽'"),
        ({"label": "Town"}, r"g\.jsonl:1: label 'Town' is not one of"),
        ({"end": 9}, r"g\.jsonl:1: .*the text has 3 characters"),
        ({"start": None}, r"g\.jsonl:1: .*both be absent"),
    ],
    ids=["other words", "unknown label", "beyond the text", "half a span"],
)
def test_gold_that_contradicts_itself_is_refused(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    path = write(tmp_path / "g.jsonl", {**ROW, "entities": [{**ROW["entities"][0], **change}]})  # type: ignore
    with pytest.raises(UserError, match=message):
        list(stream_gold(path, SCHEMA))


def test_an_id_that_occurs_twice_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"g\.jsonl:2: id '1' stands already in a line above"):
        read_index(write(tmp_path / "g.jsonl", ROW, ROW))
    with pytest.raises(UserError, match="holds no samples"):
        read_index(write(tmp_path / "e.jsonl"))
