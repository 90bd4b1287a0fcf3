import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.baselines.run import EntityData, predict_entities
from nerforge.evaluation.reading.format_choice import FORMATS
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Entity
from nerforge.templates.tasks import load_task

TEXT = "甲乙丙甲"


class StubTagger:
    name = "stub"
    settings: dict[str, Any] = {"depth": 3}  # noqa: RUF012

    def __init__(self, *entities: Entity) -> None:
        self.entities = list(entities)

    def notes(self) -> list[str]:
        return ["learned"]

    def tag(self, text: str) -> list[Entity]:
        return self.entities


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gold").mkdir()
    row = {"id": "1", "text": TEXT, "entities": [{"label": "sym", "text": "丙", "start": 2, "end": 3}]}
    for split in ("train", "test"):
        (tmp_path / "gold" / f"{split}.jsonl").write_text(json.dumps(row) + "\n")
    return tmp_path


def answer(folder: Path, format_name: str, *entities: Entity) -> tuple[str, list[str]]:
    data = EntityData(folder, load_task("cmeee"), format_name, [])
    done = predict_entities(data, "test", StubTagger(*entities), folder / "p.jsonl")
    (row,) = map(json.loads, done.path.read_text("utf-8").splitlines())
    assert (row["id"], row["finish"], done.n_rows) == ("1", "stop", 1)
    return row["output"], done.notes


@pytest.mark.parametrize("format_name", sorted(FORMATS))
def test_answers_are_read_back_as_the_entities_found(format_name: str, folder: Path) -> None:
    found = (Entity("dis", "甲乙", 0, 2), Entity("sym", "丙", 2, 3))
    output, notes = answer(folder, format_name, *found)
    read = load_format(format_name).decode(output, TEXT, load_task("cmeee").schema)
    assert (Counter(read.entities), read.outcome, notes) == (Counter(found), "clean", ["learned"])


@pytest.mark.parametrize("format_name", sorted(FORMATS))
def test_a_sentence_without_entities_gets_the_answer_that_says_so(format_name: str, folder: Path) -> None:
    output, _ = answer(folder, format_name)
    assert load_format(format_name).decode(output, TEXT, load_task("cmeee").schema).outcome == "empty"


def test_what_the_format_cannot_carry_is_left_out_and_counted(folder: Path) -> None:
    output, notes = answer(folder, "xml", Entity("dis", "甲乙", 0, 2), Entity("sym", "乙丙", 1, 3))
    assert output == "<疾病>甲乙</疾病>丙甲"
    assert notes == ["learned", "1 answers without what the answer format cannot carry"]


def test_an_answer_that_does_not_tell_its_mention_is_counted(folder: Path) -> None:
    _, notes = answer(folder, "json", Entity("dis", "甲", 3, 4))
    assert notes == ["learned", "1 answers that do not say which of several mentions is meant"]


def test_the_settings_beside_tell_what_made_the_answers(folder: Path) -> None:
    answer(folder, "json")
    settings = json.loads((folder / "p.jsonl.settings.json").read_text())
    assert list(settings) == ["engine", "answer_format", "depth", "training_sha256", "rows_sha256"]
    assert (settings["engine"], settings["depth"]) == ("baseline stub", 3)
