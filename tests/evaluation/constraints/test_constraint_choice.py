"""Which constraint a data set's answers have: its format, its labels, and the tables that go with it."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.evaluation.constraints.constraint import NO_TABLES, OWN_TABLES, Constraint
from nerforge.evaluation.constraints.constraint_choice import constraint_of_gold
from nerforge.evaluation.engines import ModelSpec, load_engine
from nerforge.evaluation.predicting.predictions import answer_settings
from nerforge.evaluation.sweeps.judging import JudgeSettings
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("places") / "data"
    place_slots(SlotOptions(300, only={"city": ("菏泽",)}), DatasetOptions(folder, prompt="short"))
    return folder


def of(data: Path, tables: str = OWN_TABLES) -> Constraint:
    return constraint_of_gold(data / "gold" / "test.jsonl", tables)


def test_own_tables_are_those_that_the_data_was_generated_from(data: Path) -> None:
    tables = of(data).tables.tables
    assert tables["City"] == ("菏泽",)
    assert "巨野县供电公司" in tables["Company"] and "麒麟供电所" in tables["Substation"]
    assert of(data, NO_TABLES).tables.tables == {}
    assert len(of(data, "power").tables.tables["City"]) > 1


def test_a_table_of_ones_own_is_read_as_for_grounding(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text("Province,City\n山东省,菏泽市\n", encoding="utf-8")
    assert of(data, str(path)).tables.tables == {"City": ("菏泽",), "Province": ("山东省",)}
    with pytest.raises(UsageError, match=r"^--constrain .*nothing.csv"):
        of(data, str(tmp_path / "nothing.txt").replace("txt", "csv") + ".none")


def test_gold_of_generated_data_is_in_the_language(data: Path) -> None:
    llguidance = pytest.importorskip("llguidance")
    constraint = of(data)
    rows = json.loads((data / "ner_test.json").read_text(encoding="utf-8"))
    gold = (data / "gold" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    vocabulary = llguidance.LLTokenizer("byte")
    outside = []
    for row, line in zip(rows, gold, strict=True):
        matcher = llguidance.LLMatcher(vocabulary, constraint.grammar(json.loads(line)["text"]).lark())
        answer = list(row["output"].encode())
        if matcher.try_consume_tokens(answer) < len(answer) or not matcher.is_accepting():
            outside.append(row["output"])
    assert rows and outside == []


def test_what_answers_are_held_to_is_one_of_their_settings(data: Path) -> None:
    free = ModelSpec("some/model", None, "qwen")
    held = replace(free, constraint=of(data))
    settings = answer_settings(data, "test", held, "hf")
    assert "constraint" not in answer_settings(data, "test", free, "hf")
    assert settings.pop("constraint") == of(data).settings()
    assert settings == answer_settings(data, "test", free, "hf")
    other = replace(free, constraint=of(data, NO_TABLES))
    assert answer_settings(data, "test", other, "hf") != answer_settings(data, "test", held, "hf")


def test_a_sweep_holds_all_checkpoints_to_one_constraint(data: Path) -> None:
    free = ModelSpec("some/model", None, "qwen")
    checkpoint: Any = SimpleNamespace(run=SimpleNamespace(spec=lambda *_, **__: free))
    held = JudgeSettings(data=data, constrain=OWN_TABLES)
    # An engine is loaded once for specs that are equal but for their adapters.
    assert held.spec(checkpoint) == held.spec(checkpoint)
    constraint = held.spec(checkpoint).constraint
    assert constraint is not None and constraint.settings() == of(data).settings()
    assert JudgeSettings(data=data).spec(checkpoint).constraint is None


def test_missing_gold_and_other_engines_are_refused(data: Path) -> None:
    with pytest.raises(UserError, match=r"--constrain needs the sentences: .*nothing.jsonl does not exist"):
        constraint_of_gold(data / "gold" / "nothing.jsonl", OWN_TABLES)
    held = ModelSpec("some/model", None, "qwen", constraint=of(data))
    with pytest.raises(
        UsageError, match="--constrain goes with --engine hf or openai or vllm, not llamafactory"
    ):
        load_engine("llamafactory", held)
    arguments = ["--model", "m", "--template", "qwen", "--data", str(data), "--out", "p.jsonl", "--constrain"]
    result = CliRunner().invoke(main, ["predict", *arguments, "--engine", "ray"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--constrain goes with --engine hf or openai or vllm, not ray" in result.stderr
