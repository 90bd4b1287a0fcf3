import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import to_builtins

from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.reading.scored_samples import read_answers
from nerforge.evaluation.scores.comparison import compare_files
from nerforge.evaluation.scores.entity_scores import build_scores
from nerforge.evaluation.scores.label_scores import score_label_files
from nerforge.evaluation.scores.schema import (
    SCHEMA_FILE,
    SCHEMA_VERSION,
    AnyScores,
    LabelScores,
    Scores,
    schema_document,
)
from nerforge.evaluation.scores.score_file import (
    ComparableScores,
    ScoreHead,
    encode_scores,
    read_head,
    read_scores,
)
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import to_json
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import load_task
from tests.evaluation.score_settings import SETTINGS

SCHEMA = load_task("ccfbdci").schema
GOLD = [
    Sample("a", "王芳和李明", (Entity("PER", "王芳", 0, 2), Entity("PER", "李明", 3, 5))),
    Sample("b", "无"),
]


@pytest.fixture
def entities() -> AnyScores:
    answers = {"a": '{"entity_text": "王芳", "entity_label": "人名"}', "b": "没有找到任何实体"}
    scored = read_answers(GOLD, answers, load_format("json"), SCHEMA)
    return build_scores(scored, SCHEMA, SETTINGS, bootstrap=Bootstrap(20))


@pytest.fixture
def labels(tmp_path: Path) -> AnyScores:
    gold, pred = tmp_path / "gold.jsonl", tmp_path / "pred.jsonl"
    gold.write_text('{"id": "a", "text": "甲", "label": "政"}\n{"id": "b", "text": "乙", "label": "经"}\n')
    pred.write_text('{"id": "a", "output": "政"}\n{"id": "b", "output": "？"}\n')
    return score_label_files(gold, pred, n_bootstrap=20)


def write(path: Path, scores: AnyScores | dict[str, Any]) -> Path:
    if isinstance(scores, dict):
        path.write_text(json.dumps(scores, ensure_ascii=False), encoding="utf-8")
    else:
        path.write_bytes(b"".join(encode_scores(scores)))
    return path


def test_the_shipped_schema_is_that_of_the_structs() -> None:
    assert SCHEMA_FILE.read_bytes() == to_json(schema_document()), (
        "run: .venv/bin/python -m nerforge.evaluation.scores.schema"
    )


@pytest.mark.parametrize("kind", ["entities", "labels"])
def test_scores_read_back_are_those_that_were_written_byte_by_byte(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    scores: AnyScores = request.getfixturevalue(kind)
    path = write(tmp_path / "scores.json", scores)
    read = read_scores(path)
    assert read == scores
    assert write(tmp_path / "again.json", read).read_bytes() == path.read_bytes()
    assert json.loads(path.read_bytes())["schema_version"] == SCHEMA_VERSION


@pytest.mark.parametrize("kind", ["entities", "labels"])
def test_a_file_without_a_version_is_read(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    scores: AnyScores = request.getfixturevalue(kind)
    content = to_builtins(scores)
    del content["schema_version"]
    assert read_scores(write(tmp_path / "old.json", content)) == scores


def test_a_file_of_a_later_version_is_refused_with_what_to_do(entities: AnyScores, tmp_path: Path) -> None:
    later = write(tmp_path / "later.json", to_builtins(entities) | {"schema_version": SCHEMA_VERSION + 1})
    for read in (read_scores, read_head, lambda path: compare_files([path, path])):
        with pytest.raises(UserError, match=r"later\.json: .* schema version 2, .* up to 1; update nerforge"):
            read(later)


def test_a_file_that_lacks_a_figure_says_which(entities: AnyScores, tmp_path: Path) -> None:
    content = to_builtins(entities)
    del content["criteria"]["exact"]["micro"]["f1"]
    with pytest.raises(UserError, match=r"x\.json: .*`f1` - at `\$\.criteria\[\.\.\.\]\.micro`; expected"):
        read_scores(write(tmp_path / "x.json", content))


@pytest.mark.parametrize("whole", [Scores, LabelScores])
@pytest.mark.parametrize("part", [ComparableScores, ScoreHead])
def test_what_comparing_and_gates_read_is_part_of_the_schema(
    whole: type[msgspec.Struct], part: type[msgspec.Struct]
) -> None:
    read = {field.encode_name for field in msgspec.structs.fields(part) if field.required}
    assert read <= {field.encode_name for field in msgspec.structs.fields(whole)}
