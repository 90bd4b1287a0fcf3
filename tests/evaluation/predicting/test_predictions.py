import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from nerforge.evaluation.engines import ModelSpec, Prediction, Request, engine_spec, load_engine
from nerforge.evaluation.engines.engine_spec import EngineSpec
from nerforge.evaluation.predicting.predictions import predict, read_predictions, read_requests
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

SPEC = ModelSpec("some/model", None, "qwen")


class EchoEngine:
    """Answers with the prompt itself, and can die after some batches, as a killed process does."""

    asked: list[str] = []  # noqa: RUF012
    dies_after: int | None = None
    finish = "stop"

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
        batch_size = batch_size or 32
        for start in range(0, len(requests), batch_size):
            if self.dies_after is not None and start >= self.dies_after * batch_size:
                raise KeyboardInterrupt
            batch = requests[start : start + batch_size]
            self.asked.extend(request.id for request in batch)
            yield [Prediction(request.id, request.prompt, self.finish) for request in batch]

    def use_adapter(self, adapter: str | None) -> None:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def echo_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engine_spec.SHIPPED, "echo", EngineSpec("echo", EchoEngine, "a stand-in"))
    monkeypatch.setattr(EchoEngine, "asked", [])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    place_slots(SlotOptions(100), DatasetOptions(tmp_path / "data", prompt="short"))
    return tmp_path / "data"


def test_a_prompt_is_the_whole_instruction(data: Path) -> None:
    rows = json.loads((data / "ner_test.json").read_text())
    assert [r.prompt for r in read_requests(data, "test")] == [r["instruction"] for r in rows]


def test_a_prompt_in_the_system_turn_stays_there(tmp_path: Path) -> None:
    place_slots(SlotOptions(60), DatasetOptions(tmp_path / "data", prompt="short", turn="system"))
    rows = json.loads((tmp_path / "data" / "ner_test.json").read_text())
    asked = [(request.system, request.prompt) for request in read_requests(tmp_path / "data", "test")]
    assert asked == [(row["system"], row["instruction"]) for row in rows]
    assert {system for system, _ in asked} == {"标注实体并补全上级："}


@pytest.mark.whole
def test_rows_in_lines_are_read_as_those_in_an_array(data: Path, tmp_path: Path) -> None:
    place_slots(SlotOptions(100), DatasetOptions(tmp_path / "lines", prompt="short", is_jsonl=True))
    assert list(read_requests(tmp_path / "lines", "test")) == list(read_requests(data, "test"))


def test_every_row_is_answered_under_its_gold_id(data: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    done = predict(
        data,
        "test",
        SPEC,
        tmp_path / "p.jsonl",
        engine="echo",
        batch_size=4,
        on_progress=lambda a, b: steps.append((a, b)),
    )
    assert (done.n_rows, done.n_new, steps) == (10, 10, [(0, 10), (4, 10), (8, 10), (10, 10)])
    assert read_predictions(done.path) == {r.id: r.prompt for r in read_requests(data, "test")}


def test_a_killed_run_goes_on_where_it_stopped(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "p.jsonl"
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(EchoEngine, "dies_after", 2)
        predict(data, "test", SPEC, out, engine="echo", batch_size=3)
    with out.open("a") as file:
        file.write('{"id": "power-0')
    first = list(EchoEngine.asked)
    done = predict(data, "test", SPEC, out, engine="echo", batch_size=3)
    assert (len(first), done.n_new) == (6, 4)
    assert sorted(EchoEngine.asked) == sorted(request.id for request in read_requests(data, "test"))
    assert len(read_predictions(out)) == 10


def test_answers_that_were_cut_are_counted(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert predict(data, "test", SPEC, tmp_path / "p.jsonl", engine="echo").n_cut == 0
    monkeypatch.setattr(EchoEngine, "finish", "length")
    assert predict(data, "dev", SPEC, tmp_path / "d.jsonl", engine="echo").n_cut == 10


def test_a_row_without_its_columns_is_refused(data: Path) -> None:
    (data / "ner_test.json").write_text('[{"output": "b"}]')
    with pytest.raises(UserError, match=r"ner_test\.json:1: row 1: has neither instruction nor messages"):
        list(read_requests(data, "test"))


def test_two_runs_do_not_write_to_one_file(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "p.jsonl"
    errors: list[str] = []

    def second_run(done: int, total: int) -> None:
        with pytest.raises(UserError, match="another run is writing to it") as caught:
            predict(data, "test", SPEC, out, engine="echo")
        errors.append(str(caught.value))

    predict(data, "test", SPEC, out, engine="echo", on_progress=second_run)
    assert len(errors) == 2
    assert len(read_predictions(out)) == 10


def test_an_engine_that_does_not_start_leaves_no_file(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown engine"):
        predict(data, "test", SPEC, tmp_path / "sub" / "p.jsonl", engine="nope")
    assert list((tmp_path / "sub").iterdir()) == []


def test_a_file_that_cannot_be_written_is_the_users_error(data: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/p\.jsonl: cannot be written"):
        predict(data, "test", SPEC, tmp_path / "file" / "p.jsonl", engine="echo")


def test_a_finished_file_needs_no_model(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    predict(data, "test", SPEC, tmp_path / "p.jsonl", engine="echo")
    monkeypatch.setattr("nerforge.evaluation.predicting.predictions.load_engine", None)
    assert predict(data, "test", SPEC, tmp_path / "p.jsonl", engine="echo").n_new == 0


def test_answers_of_other_settings_are_not_mixed_in(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    predict(data, "test", SPEC, out, engine="echo")
    other = ModelSpec("another/model", None, "qwen")
    with pytest.raises(UserError, match=r"made with other settings \(model\); pass --overwrite"):
        predict(data, "test", other, out, engine="echo")
    assert predict(data, "test", other, out, engine="echo", overwrite=True).n_new == 10


@pytest.mark.parametrize(
    ("n_gold", "n_rows", "message"),
    [
        (9, 10, r"test\.jsonl ends after 9 rows, .*ner_test\.json goes on"),
        (10, 9, r"ner_test\.json ends after 9 rows, .*test\.jsonl goes on"),
    ],
)
def test_gold_and_rows_of_different_lengths_are_refused(
    data: Path, tmp_path: Path, n_gold: int, n_rows: int, message: str
) -> None:
    gold, rows = data / "gold" / "test.jsonl", data / "ner_test.json"
    gold.write_text("".join(gold.read_text().splitlines(keepends=True)[:n_gold]))
    rows.write_text(json.dumps(json.loads(rows.read_text())[:n_rows]))
    with pytest.raises(UserError, match=message):
        predict(data, "test", SPEC, tmp_path / "p.jsonl", engine="echo")
    assert EchoEngine.asked == []


def test_answers_under_ids_that_the_gold_has_no_more_are_not_added_to(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    predict(data, "test", SPEC, out, engine="echo")
    gold = data / "gold" / "test.jsonl"
    gold.write_text(gold.read_text().replace('"id":"', '"id":"new-', 3))
    with pytest.raises(UserError, match=r"p\.jsonl: 3 of its 10 ids are not in test of .*pass --overwrite"):
        predict(data, "test", SPEC, out, engine="echo")
    assert predict(data, "test", SPEC, out, engine="echo", overwrite=True).n_new == 10


@pytest.mark.parametrize(("engine", "sizes"), [("echo", [4, 4, 2]), ("ray", [10])])
def test_rows_are_handed_over_in_windows_unless_the_engine_starts_anew_for_each(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str, sizes: list[int]
) -> None:
    monkeypatch.setattr("nerforge.evaluation.predicting.predictions.WINDOW_ROWS", 4)
    handed: list[int] = []

    class Counting(EchoEngine):
        def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
            handed.append(len(requests))
            yield from super().predict(requests, batch_size)

    done = predict(data, "test", SPEC, tmp_path / "p.jsonl", engine=engine, loaded=Counting(SPEC))
    assert (handed, done.n_new) == (sizes, 10)
    assert read_predictions(done.path) == {r.id: r.prompt for r in read_requests(data, "test")}


@pytest.mark.parametrize("name", ["model-00001-of-00001.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("n_changed", [5_000_000, 100], ids=["all", "the last tensor"])
def test_answers_of_a_model_that_was_trained_again_are_not_mixed_in(
    data: Path, tmp_path: Path, n_changed: int, name: str
) -> None:
    model, out = tmp_path / "model", tmp_path / "p.jsonl"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / name).write_bytes(bytes(5_000_000))
    spec = ModelSpec(str(model), None, "qwen")
    predict(data, "test", spec, out, engine="echo")
    assert predict(data, "test", spec, out, engine="echo").n_new == 0
    (model / name).write_bytes(bytes(5_000_000 - n_changed) + b"x" * n_changed)
    with pytest.raises(UserError, match=r"made with other settings \(model_sha256\)"):
        predict(data, "test", spec, out, engine="echo")


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"])
def test_answers_of_an_adapter_that_changed_are_not_mixed_in(data: Path, tmp_path: Path, name: str) -> None:
    adapter, out = tmp_path / "adapter", tmp_path / "p.jsonl"
    adapter.mkdir()
    for path in ("adapter_config.json", name):
        (adapter / path).write_text('{"lora_alpha": 16}')
    spec = ModelSpec("some/model", str(adapter), "qwen")
    predict(data, "test", spec, out, engine="echo")
    assert predict(data, "test", spec, out, engine="echo").n_new == 0
    (adapter / name).write_text('{"lora_alpha": 32}')
    with pytest.raises(UserError, match=r"made with other settings \(adapter_sha256\)"):
        predict(data, "test", spec, out, engine="echo")


def test_a_split_without_rows_or_files_is_refused(data: Path, tmp_path: Path) -> None:
    (data / "ner_test.json").write_text("[]")
    (data / "gold" / "test.jsonl").write_text("")
    with pytest.raises(UserError, match="has no rows, so there is nothing to answer"):
        predict(data, "test", SPEC, tmp_path / "p.jsonl", engine="echo")
    (data / "ner_test.json").unlink()
    with pytest.raises(UserError, match=r"ner_test\.json: no such file; name a dataset directory"):
        predict(data, "test", SPEC, tmp_path / "p.jsonl", engine="echo")
    with pytest.raises(UsageError, match="unknown split or data set 'valid'; known: train, dev, test"):
        predict(data, "valid", SPEC, tmp_path / "p.jsonl", engine="echo")
    assert not (tmp_path / "p.jsonl").exists()


def test_gold_in_another_order_than_the_rows_is_refused(data: Path) -> None:
    gold = data / "gold" / "test.jsonl"
    gold.write_text("".join(reversed(gold.read_text().splitlines(keepends=True))))
    with pytest.raises(
        UserError, match=r"test\.jsonl:1: .* is not the sentence of the row of ner_test\.json at this place"
    ):
        list(read_requests(data, "test"))


def test_overwriting_keeps_the_answers_until_the_engine_runs(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.jsonl"
    predict(data, "test", SPEC, out, engine="echo")
    with pytest.raises(UsageError, match="unknown engine"):
        predict(data, "test", SPEC, out, engine="nope", overwrite=True)
    assert len(read_predictions(out)) == 10


def test_only_a_file_of_predictions_is_overwritten(data: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(UserError, match="is not a file of `nerforge predict`"):
        predict(data, "test", SPEC, tmp_path / "letter.txt", engine="echo", overwrite=True)
    assert (tmp_path / "letter.txt").read_text() == "dear"


def test_an_unknown_split_and_an_unknown_engine_list_the_known(data: Path) -> None:
    with pytest.raises(UsageError, match="unknown split or data set 'valid'; known: train, dev, test"):
        list(read_requests(data, "valid"))
    with pytest.raises(UsageError, match="unknown engine 'vlm'; known: echo, hf"):
        load_engine("vlm", SPEC)


PREDICTING = """
import json, resource, sys
from pathlib import Path
from nerforge.evaluation.engines import ModelSpec, Prediction
from nerforge.evaluation.predicting.predictions import predict

data, n_rows = Path(sys.argv[1]), int(sys.argv[2])
(data / "gold").mkdir(parents=True)
with open(data / "gold" / "test.jsonl", "w") as gold, open(data / "ner_test.json", "w") as rows:
    for i in range(n_rows):
        text = f"第{i}句"
        gold.write(json.dumps({"id": f"power-test-{i:08}", "text": text, "entities": []}) + "\\n")
        row = {"instruction": "标注实体：" * 300, "input": text, "output": "x"}
        rows.write("[,"[i > 0] + json.dumps(row) + "\\n")
    rows.write("]")

class Stub:
    def predict(self, requests, batch_size):
        for start in range(0, len(requests), 50):
            yield [Prediction(row.id, row.prompt[:100], "stop") for row in requests[start : start + 50]]

done = predict(data, "test", ModelSpec("stub", None, "qwen"), data / "p.jsonl", engine="stub", loaded=Stub())
assert done.n_new == n_rows
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.whole
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def megabytes(n_rows: int) -> float:
        command = [sys.executable, "-c", PREDICTING, str(tmp_path / str(n_rows)), str(n_rows)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return int(done.stdout) / 1024

    # 30,000 prompts are 90 MB and more.
    assert megabytes(33_000) - megabytes(3_000) < 10
