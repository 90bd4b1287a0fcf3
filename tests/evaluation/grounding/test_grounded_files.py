import json
from pathlib import Path

import pytest

from nerforge.evaluation.grounding.grounded_predictions import GroundedFile, ground_file, grounded_path
from nerforge.evaluation.grounding.table_sources import read_tables
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import Task, load_task, task_of_labels

POWER = load_task("power")
PLACES = [
    ("麒麟供电所投诉", [("Substation", "麒麟供电所", 0, 5), ("Indicator", "投诉", 5, 7)]),
    ("菏泽市凤凰供电所意见", [("City", "菏泽", 0, 3), ("Substation", "凤凰供电所", 3, 8)]),
    (
        "巨野县供电公司的田桥供电所、麒麟供电所",
        [("Company", "巨野县供电公司", 0, 7), ("Substation", "麒麟供电所", 14, 19)],
    ),
    ("去年投诉", [("Company", "曹县供电公司", None, None)]),
    ("投诉", []),
]


def write(folder: Path, task: Task, name: str, rows: list[tuple[str, str]]) -> GroundedFile:
    """Ground answers to texts."""
    gold, pred = folder / "gold.jsonl", folder / "pred.jsonl"
    samples = [Sample(f"row-{n}", text) for n, (text, _) in enumerate(rows)]
    gold.write_bytes(b"".join(encode_gold(samples)))
    lines = [json.dumps({"id": f"row-{n}", "output": answer}) for n, (_, answer) in enumerate(rows)]
    pred.write_text("\n".join(lines) + "\n")
    tables = folder / "tables.csv"
    read = read_tables(str(tables) if tables.exists() else "power", task)
    return ground_file(pred, gold, read, name, grounded_path(pred))


def rows_of(done: GroundedFile) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.path.read_text().splitlines()]


@pytest.mark.parametrize("name", ["xml", "bracket", "json", "grouped", "occurrence"])
def test_what_was_written_is_read_as_it_was_grounded_and_stays(name: str, tmp_path: Path) -> None:
    assert name in FORMATS
    encode = load_format(name).encode
    answers = [
        (text, encode(Sample("x", text, tuple(Entity(*e) for e in entities)), POWER.schema))
        for text, entities in PLACES
    ]
    done = write(tmp_path, POWER, name, answers)
    assert done.n_answers == 5 and done.n_changed >= 2 and not done.n_unwritten
    written = rows_of(done)
    again = write(
        tmp_path, POWER, name, [(t, str(row["output"])) for (t, _), row in zip(answers, written, strict=True)]
    )
    assert again.n_changed == 0
    assert [row["output"] for row in rows_of(again)] == [row["output"] for row in written]


def test_a_value_that_cannot_be_written_is_told_and_costs_only_itself(tmp_path: Path) -> None:
    hallucinated = "\n".join(
        json.dumps({"entity_text": value, "entity_label": label})
        for label, value in (("Date", "去年"), ("Substation", "麒麟供电所"))
    )
    done = write(tmp_path, POWER, "json", [("麒麟供电所投诉", hallucinated), ("投诉", "[]")])
    assert done.n_changed == 1 and done.n_unwritten == 1
    row = rows_of(done)[0]
    assert "巨野县供电公司" in str(row["output"]) and "去年" not in str(row["output"])
    assert row["unwritten"] == [{"label": "Date", "text": "去年", "start": None, "end": None}]
    assert row["answered"] == hallucinated and row["problems"]


def test_a_misspelled_mention_is_written_in_the_words_of_the_sentence(tmp_path: Path) -> None:
    done = write(tmp_path, POWER, "xml", [("巨野县供电公思投诉", "<Company>巨野县供电公思</Company>投诉")])
    row = rows_of(done)[0]
    assert "<City>菏泽</City><Company>巨野县供电公思</Company>" in str(row["output"])
    assert '"after": "巨野县供电公司"' in json.dumps(row["grounding"], ensure_ascii=False)


def test_other_names_of_a_label_that_keeps_the_words_are_told(tmp_path: Path) -> None:
    (tmp_path / "tables.csv").write_text("drug,drug_alias\n对乙酰氨基酚,泰诺林\n")
    task = task_of_labels("drugs", ["Drug"], nested=False)
    done = write(tmp_path, task, "xml", [("泰诺林0.5g", "<Drug>泰诺林</Drug>0.5g")])
    assert done.n_changed == 0 and done.marks == {"other_name": 1}
