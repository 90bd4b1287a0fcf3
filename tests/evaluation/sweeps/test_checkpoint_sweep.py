import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from nerforge.evaluation.engines import Failure, ModelSpec, Prediction, Request, Result, engine_spec
from nerforge.evaluation.engines.engine_spec import EngineSpec
from nerforge.evaluation.scores.score_run import ScoreOptions, run_score
from nerforge.evaluation.sweeps.checkpoint_sweep import Sweep, SweepOptions, run_sweep
from nerforge.evaluation.sweeps.checkpoints import find_checkpoints
from nerforge.evaluation.sweeps.judging import JudgeSettings
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

WEIGHTS = "adapter_model.safetensors"


class StubEngine:
    """Knows the answers; the weights of an adapter or a model say what share of the rows it gets right."""

    answers: dict[str, str] = {}  # noqa: RUF012
    loaded: list[ModelSpec] = []  # noqa: RUF012
    asked: list[tuple[str | None, str]] = []  # noqa: RUF012
    can_swap = True
    fails_on: str | None = None
    dies_after: int | None = None

    def __init__(self, spec: ModelSpec) -> None:
        self.loaded.append(spec)
        self.spec = spec
        self.share = self._share(spec.adapter)

    def _share(self, adapter: str | None) -> float:
        path = Path(adapter) / WEIGHTS if adapter else Path(self.spec.model) / "model.safetensors"
        content = path.read_text() if path.is_file() else "0"
        if content == "broken":
            raise UserError(f"adapter {adapter}: cannot be loaded")
        return float(content)

    def use_adapter(self, adapter: str | None) -> None:
        if not self.can_swap:
            raise NotImplementedError
        self.share = self._share(adapter)
        self.adapter = adapter

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Result]]:
        for request in requests:
            if len(self.asked) == self.dies_after:
                raise KeyboardInterrupt
            self.asked.append((request.id, request.prompt))
            number = int(request.id.split("-")[1])
            if request.id == self.fails_on:
                yield [Failure(request.id, "busy")]
            else:
                is_right = number * 7919 % 1000 < 1000 * self.share
                yield [Prediction(request.id, self.answers[request.prompt] if is_right else "?", "stop")]


@pytest.fixture(autouse=True)
def stub_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engine_spec.SHIPPED, "stub", EngineSpec("stub", StubEngine, "a stand-in"))
    for name in ("loaded", "asked"):
        monkeypatch.setattr(StubEngine, name, [])


def learn(data: Path) -> None:
    for path in data.glob("ner_*.json"):
        for row in json.loads(path.read_text()):
            StubEngine.answers["\n".join(filter(None, (row["instruction"], row["input"])))] = row["output"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sweep") / "data"
    place_slots(
        SlotOptions(400, only={"city": ("枣庄",)}), DatasetOptions(folder, dev=0.4, test=0.1, prompt="short")
    )
    learn(folder)
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that is best in its middle; its final weights are those of the last checkpoint."""
    folder = tmp_path / "run"
    put_adapter(folder, 0.6)
    for step, share in ((5, 0.2), (10, 0.7), (15, 0.9), (20, 0.6)):
        put_adapter(folder / f"checkpoint-{step}", share, step)
    (folder / "train.yaml").write_text("model_name_or_path: some/model\ntemplate: qwen\n")
    log = ({"current_steps": step, "loss": 1 / step} for step in range(2, 22, 2))
    (folder / "trainer_log.jsonl").write_text("".join(json.dumps(x) + "\n" for x in log))
    return folder


def put_adapter(folder: Path, share: float | str, step: int | None = None) -> None:
    folder.mkdir(exist_ok=True, parents=True)
    (folder / "adapter_config.json").write_text("{}")
    (folder / WEIGHTS).write_text(str(share))
    if step is not None:
        (folder / "trainer_state.json").write_text(json.dumps({"global_step": step, "epoch": step / 10}))


def sweep(run: Path, data: Path, **options: Any) -> Sweep:
    judging = {key: options.pop(key) for key in ("overwrite", "max_new_tokens", "ground") if key in options}
    return run_sweep(
        SweepOptions(run=run, judging=JudgeSettings(data=data, engine="stub", **judging), **options)
    )


@pytest.mark.whole
def test_every_checkpoint_is_judged_and_the_best_one_alone_is_tested(run: Path, data: Path) -> None:
    done = sweep(run, data)
    assert [row.name for row in done.rows] == [f"checkpoint-{n}" for n in (5, 10, 15, 20)]
    assert [(row.step, row.epoch, row.n_rows) for row in done.rows][2] == (15, 1.5, 160)
    assert done.rows[2].train_loss == pytest.approx(1 / 14)
    assert done.chosen == done.rows[2]
    assert (run / "best_checkpoint").read_text() == "checkpoint-15\n"
    tested = [path.parent.name for path in (run / "scores").glob("*/test.json")]
    assert tested == ["checkpoint-15"]
    assert json.loads((run / "sweep.json").read_text()) == to_builtins(done.record())
    assert [spec.adapter for spec in StubEngine.loaded] == [str(run / "checkpoint-5")]


@pytest.mark.whole
def test_checkpoints_are_judged_by_their_grounded_answers(
    run: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    province = "<Province>山东省</Province>"
    without = {prompt: answer.replace(province, "", 1) for prompt, answer in StubEngine.answers.items()}
    monkeypatch.setattr(StubEngine, "answers", without)
    plain, grounded = sweep(run, data), sweep(run, data, ground="data")
    assert all(b.figure > a.figure for a, b in zip(plain.rows, grounded.rows, strict=True))
    assert (run / "scores/checkpoint-15/dev.grounded.json").is_file()
    assert json.loads((run / "sweep.json").read_text())["settings"]["ground"] == "data"
    again = len(StubEngine.asked)
    sweep(run, data, ground="data")
    assert len(StubEngine.asked) == again


@pytest.mark.whole
def test_the_scores_are_those_of_nerforge_score(run: Path, data: Path) -> None:
    done = sweep(run, data)
    pred = run / "predictions" / "checkpoint-10" / "dev.jsonl"
    scores = run_score(ScoreOptions(gold=data / "gold" / "dev.jsonl", pred=pred)).scores
    assert json.loads((run / "scores" / "checkpoint-10" / "dev.json").read_text()) == to_builtins(scores)
    micro, figure = scores.criteria["strict"].micro, done.rows[1].figure
    assert figure is not None
    assert (figure.value, figure.low, figure.high) == (micro.f1, micro.f1_low, micro.f1_high)
    assert figure.standard_error == pytest.approx((figure.high - figure.low) / 3.92, rel=0.15)


@pytest.mark.whole
def test_a_second_sweep_loads_nothing_and_asks_nothing(
    run: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sweep(run, data, with_base=True)
    monkeypatch.setattr("nerforge.evaluation.sweeps.engine.load_engine", None)
    monkeypatch.setattr("nerforge.evaluation.sweeps.judging.run_score", None)
    again = sweep(run, data, with_base=True)
    assert again.n_loads == 0
    assert again.record() == first.record()


@pytest.mark.whole
def test_scores_of_other_answers_or_gold_are_made_again(run: Path, data: Path) -> None:
    first = sweep(run, data)
    path = run / "scores" / "checkpoint-5" / "dev.json"
    scores = json.loads(path.read_text())
    path.write_text(json.dumps({**scores, "settings": {**scores["settings"], "gold_sha256": "other"}}))
    assert sweep(run, data).rows == first.rows
    assert json.loads(path.read_text()) == scores


@pytest.mark.whole
def test_a_sweep_that_was_killed_goes_on(run: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(StubEngine, "dies_after", 300)
        sweep(run, data)
    assert not (run / "sweep.json").exists()
    assert sweep(run, data).chosen is not None
    assert len(StubEngine.asked) == 4 * 160 + 40


@pytest.mark.whole
def test_changed_weights_are_refused_and_predicted_anew_on_request(run: Path, data: Path) -> None:
    sweep(run, data)
    put_adapter(run / "checkpoint-5", 0.95, 5)
    StubEngine.asked.clear()
    with pytest.raises(UserError, match=r"checkpoint-5/dev\.jsonl: .*adapter_sha256.*pass --overwrite"):
        sweep(run, data)
    assert StubEngine.asked == []
    done = sweep(run, data, overwrite=True)
    assert done.chosen is not None
    assert (done.chosen.name, len(StubEngine.asked)) == ("checkpoint-5", 160 + 40)


@pytest.mark.whole
def test_final_weights_of_their_own_and_the_base_are_judged_too(run: Path, data: Path) -> None:
    put_adapter(run, 0.99, 22)
    done = sweep(run, data, with_base=True)
    assert [(row.name, row.step) for row in done.rows][:: len(done.rows) - 1] == [("base", 0), ("final", 22)]
    assert (run / "best_checkpoint").read_text() == "final\n"


@pytest.mark.whole
def test_an_engine_that_cannot_change_adapters_is_loaded_anew(
    run: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swapped = sweep(run, data)
    monkeypatch.setattr(StubEngine, "can_swap", False)
    for path in run.glob("predictions/*/*"):
        path.unlink()
    done = sweep(run, data)
    assert done.n_loads == 5
    assert [row.figure for row in done.rows] == [row.figure for row in swapped.rows]


@pytest.mark.whole
def test_checkpoints_of_full_fine_tuning_are_models_of_their_own(tmp_path: Path, data: Path) -> None:
    (tmp_path / "train.yaml").write_text("model_name_or_path: some/model\ntemplate: qwen\n")
    for step, share in ((5, 0.3), (10, 0.8)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        (folder / "config.json").write_text("{}")
        (folder / "model.safetensors").write_text(str(share))
    (tmp_path / "checkpoint-15").mkdir()
    done = sweep(tmp_path, data)
    assert [Path(spec.model).name for spec in StubEngine.loaded] == [
        "checkpoint-5",
        "checkpoint-10",
    ]
    assert (tmp_path / "best_checkpoint").read_text() == "checkpoint-10\n"
    assert done.notes[0].startswith("checkpoint-15: holds neither an adapter nor a model")


@pytest.mark.whole
def test_where_a_checkpoint_cannot_be_judged_none_is_chosen(run: Path, data: Path) -> None:
    put_adapter(run / "checkpoint-10", "broken", 10)
    done = sweep(run, data)
    assert [row.error is None for row in done.rows] == [True, False, True, True]
    assert done.chosen is None
    assert not (run / "sweep.json").exists()
    assert not list(run.glob("scores/*/test.json"))


@pytest.mark.whole
def test_rows_without_an_answer_leave_a_checkpoint_unjudged(
    run: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_id = json.loads((data / "gold" / "dev.jsonl").read_text().splitlines()[0])["id"]
    with monkeypatch.context() as patch:
        patch.setattr(StubEngine, "fails_on", first_id)
        errors = [row.error for row in sweep(run, data).rows]
    assert all(error is not None and "1 rows could not be answered" in error for error in errors)
    assert sweep(run, data).chosen is not None


@pytest.mark.whole
def test_a_sample_of_dev_is_judged_and_its_answers_serve_later(run: Path, data: Path) -> None:
    done = sweep(run, data, limit=40)
    assert {row.n_rows for row in done.rows} == {40}
    assert (run / "scores" / "checkpoint-5" / "dev.sample-40.json").is_file()
    assert not (run / "scores" / "checkpoint-5" / "dev.json").exists()
    n_asked = len(StubEngine.asked)
    assert {row.n_rows for row in sweep(run, data).rows} == {160}
    assert len(StubEngine.asked) == n_asked + 4 * 120


@pytest.mark.whole
def test_a_checkpoint_that_cannot_win_is_dropped_and_marked(run: Path, data: Path) -> None:
    whole = sweep(run, data)
    for path in [*run.glob("predictions/*/dev*"), *run.glob("scores/*/dev*")]:
        path.unlink()
    StubEngine.asked.clear()
    done = sweep(run, data, stop_early=True)
    stopped = {row.name: row.n_rows for row in done.rows if row.is_stopped}
    assert stopped["checkpoint-5"] == 80
    assert done.chosen is not None and done.chosen.figure == whole.rows[2].figure
    assert len(StubEngine.asked) == sum(row.n_rows for row in done.rows)
    assert done.settings.stop_early is not None
    assert done.settings.stop_early.compared_after_rows == [80]


@pytest.mark.whole
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stop_early": True, "one_standard_error": True}, "give one of them"),
        ({"criterion": "accuracy"}, "no such figure; known: strict"),
    ],
    ids=["both", "criterion"],
)
def test_options_that_cannot_be_are_a_usage_error(
    options: dict[str, Any], message: str, run: Path, data: Path
) -> None:
    with pytest.raises(UsageError, match=message):
        sweep(run, data, **options)
    assert StubEngine.loaded == []


@pytest.mark.whole
def test_without_a_test_split_the_choice_is_made_and_said(run: Path, tmp_path: Path) -> None:
    slots = SlotOptions(60, only={"city": ("枣庄",)})
    place_slots(slots, DatasetOptions(tmp_path / "d", dev=0.5, test=0, prompt="short"))
    learn(tmp_path / "d")
    done = sweep(run, tmp_path / "d", stop_early=True)
    assert (done.test, done.chosen is not None) == (None, True)
    assert any("holds no test split" in note for note in done.notes)
    assert any("too few to stop anything early" in note for note in done.notes)


@pytest.mark.whole
def test_rows_without_a_manifest_are_judged_alike(run: Path, data: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    info = {}
    for split in ("dev", "test"):
        (own / f"my_{split}.json").write_bytes((data / f"ner_{split}.json").read_bytes())
        info[f"my_{split}"] = {"file_name": f"my_{split}.json"}
    (own / "dataset_info.json").write_text(json.dumps(info))
    shutil.copytree(data / "gold", own / "gold")
    found = sweep(run, own)
    assert found.chosen is not None
    assert found.test is not None
    assert any("no manifest: task power" in note for note in found.notes)


def test_without_a_dev_split_or_checkpoints_nothing_begins(run: Path, tmp_path: Path, data: Path) -> None:
    with pytest.raises(UserError, match=r"holds no dev split; expected ner_dev\.json"):
        sweep(run, tmp_path)
    (tmp_path / "train.yaml").write_text("model_name_or_path: some/model\ntemplate: qwen\n")
    with pytest.raises(UserError, match="holds neither a checkpoint-N with weights nor final ones"):
        sweep(tmp_path, data)


@pytest.mark.whole
@pytest.mark.parametrize("criterion", [None, "accuracy", "macro_f1"])
def test_text_classification_is_judged_by_its_own_figures(
    criterion: str | None, run: Path, tmp_path: Path
) -> None:
    data = tmp_path / "labels"
    (data / "gold").mkdir(parents=True)
    rows = [(f"t-{i}", f"文{i}", "体育" if i % 3 else "经济") for i in range(60)]
    gold = ({"id": row_id, "text": text, "label": label} for row_id, text, label in rows)
    (data / "gold" / "dev.jsonl").write_text("".join(json.dumps(x) + "\n" for x in gold))
    alpaca = [{"instruction": "分类", "input": text, "output": label} for _, text, label in rows]
    (data / "ner_dev.json").write_text(json.dumps(alpaca))
    StubEngine.answers.update({f"分类\n{text}": label for _, text, label in rows})
    done = sweep(run, data, criterion=criterion)
    assert done.chosen is not None and done.chosen.figure is not None
    assert (done.chosen.name, done.settings.criterion) == ("checkpoint-15", criterion or "accuracy")
    assert 0 < done.chosen.figure.standard_error < 0.1
    assert done.chosen.n_not_clean == done.chosen.outcomes["unparsable"]  # type: ignore[index]


@pytest.mark.whole
def test_the_picture_is_drawn_or_its_lack_said(
    run: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    done = sweep(run, data, stop_early=True)
    assert [path.name for path in done.pictures] == ["sweep.png", "sweep.svg"]
    drawn = (run / "sweep.svg").read_text()
    assert "chosen: checkpoint-15" in drawn
    assert "dropped early" in drawn
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr("nerforge.evaluation.sweeps.picture.find_spec", lambda name: None)
    assert sweep(run, data).notes[-1].startswith("no picture: matplotlib is not installed")


def test_checkpoints_come_in_the_order_of_their_steps(run: Path) -> None:
    put_adapter(run / "checkpoint-100", 0.5)
    (run / "checkpoint-x").mkdir()
    names = [checkpoint.name for checkpoint in find_checkpoints(run).checkpoints]
    assert names == ["checkpoint-5", "checkpoint-10", "checkpoint-15", "checkpoint-20", "checkpoint-100"]
