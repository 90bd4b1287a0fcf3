import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from nerforge.cli import main
from nerforge.evaluation.engines import Failure, ModelSpec, Prediction, Request
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.domain.slot_domain import POWER
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

CASES = POWER / "published_queries.json"
EXPECTED = {row["query"]: row["expected"] for row in json.loads(CASES.read_text(encoding="utf-8"))}
INVENTED = "9月麒麟供电所意见百万户量总数"
"""Here the model of these tests invents the company."""


class StubEngine:
    """Answers as expected, but invents a company unless it is constrained."""

    def __init__(self, spec: ModelSpec) -> None:
        self.invents = spec.constraint is None

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction | Failure]]:
        for request in reversed(requests):
            query = request.prompt.splitlines()[-1]
            output = EXPECTED.get(query)
            if query == INVENTED and output is not None and self.invents:
                output = output.replace("巨野县", "曹县")
            yield [Failure(request.id, "gone") if output is None else Prediction(request.id, output, "stop")]


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases")
    data, run = folder / "data", folder / "run"
    place_slots(SlotOptions(60, only={"city": ("菏泽",)}), DatasetOptions(data, prompt="short"))
    run.mkdir()
    (run / "adapter_config.json").write_text("{}")
    (run / "train.yaml").write_text(f"model_name_or_path: some/model\ntemplate: qwen\ndataset_dir: {data}\n")
    return run


@pytest.fixture(autouse=True)
def stubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str, spec: ModelSpec) -> StubEngine:
        return StubEngine(spec)

    monkeypatch.setattr("nerforge.api.predicting.chat_opening.load_engine", load)


def chat(*args: object) -> Result:
    return CliRunner().invoke(main, ["chat", *map(str, args)])


def test_cases_are_judged_without_and_with_grounding_in_80_columns(run_folder: Path) -> None:
    done = chat("--run", run_folder, "--cases", CASES, "--ground")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["query", "alone", "grounded"]
    table = {line.split()[0]: line.split()[1:] for line in lines[1:13]}
    assert table.pop(INVENTED) == ["wrong", "exact"]
    assert list(table.values()) == [["exact", "exact"]] * 11
    assert lines[13].split() == ["exactly", "right", "11/12", "12/12"]
    assert f"chat-12, alone: {INVENTED}" in lines
    assert "<Company>曹县供电公司</Company>" in done.stdout
    assert max(map(cell_len, lines[:14])) <= 80


def test_a_constrained_model_is_asked_beside_the_one_that_is_not(run_folder: Path) -> None:
    pytest.importorskip("llguidance", reason="needs the constrain extra")
    done = chat("--run", run_folder, "--cases", CASES, "--constrain", "--ground")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["query", "alone", "constrained", "grounded", "both"]
    assert lines[12].split() == [INVENTED, "wrong", "exact", "exact", "exact"]
    assert max(map(cell_len, lines[:14])) <= 80


def test_json_counts_exact_ambiguous_and_marked_cases(run_folder: Path, tmp_path: Path) -> None:
    row = {
        "id": "twice",
        "text": "凤凰供电所投诉总数",
        "entities": [
            {"label": "Province", "text": "山东省", "start": None, "end": None},
            {"label": "City", "text": "菏泽", "start": None, "end": None},
            {"label": "Substation", "text": "凤凰供电所", "start": 0, "end": 5},
            {"label": "Indicator", "text": "投诉", "start": 5, "end": 7},
        ],
        "meta": {"readings": 2},
    }
    gold = tmp_path / "gold.jsonl"
    gold.write_text(json.dumps(row) + "\n", encoding="utf-8")
    EXPECTED[str(row["text"])] = "<Substation>凤凰供电所</Substation><Indicator>投诉</Indicator>总数"
    done = chat("--run", run_folder, "--cases", gold, "--ground", "--json")
    said = json.loads(done.stdout)
    assert [counted["n_exact"] for counted in said["counts"].values()] == [0, 1]
    assert said["counts"]["grounded"] == {
        "n_cases": 1,
        "n_exact": 1,
        "n_ambiguous": 1,
        "n_ambiguous_exact": 1,
        "n_ambiguous_marked": 1,
        "n_marked": 1,
    }
    assert said["answers"]["grounded"][0]["open"]
    table = chat("--run", run_folder, "--cases", gold, "--ground").stdout
    assert "grounded: of 0 unambiguous queries 0 exact; of 1 ambiguous ones 1 exact, 1 marked" in table


def test_a_query_that_is_not_answered_is_wrong(run_folder: Path, tmp_path: Path) -> None:
    cases = tmp_path / "cases.json"
    cases.write_text(json.dumps([{"query": "在吗", "expected": "在吗"}]), encoding="utf-8")
    done = chat("--run", run_folder, "--cases", cases, "--ground")
    assert "0/1" in done.stdout and "no answer" in done.stdout


def test_cases_and_lines_of_queries_exclude_each_other(run_folder: Path) -> None:
    done = chat("--run", run_folder, "--cases", CASES, "--input", CASES)
    assert (done.exit_code, "pass one of them" in done.stderr) == (2, True)
