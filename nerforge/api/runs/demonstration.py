"""The main job from end to end, on embedded data and the tiny base model."""

import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from nerforge.evaluation.predicting.predictions import OnProgress, predict
from nerforge.evaluation.predicting.runs import Run, read_run
from nerforge.evaluation.reading.task_of_gold import find_task
from nerforge.evaluation.scores.entity_scores import ScoredSample, score_files, wrong_samples
from nerforge.evaluation.scores.schema import Scores
from nerforge.evaluation.scores.score_file import encode_scores
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.foundation.optional import require_extra
from nerforge.foundation.run_folder.contents import BASE, FINAL, TRAIN_YAML
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.manifests.kinds import SlotManifest
from nerforge.generators.slots.domain.slot_domain import BASE_TEMPLATES
from nerforge.generators.slots.generate import SlotOptions, generate_slots
from nerforge.llamafactory_configs.rendering.training_yaml import render_config
from nerforge.llamafactory_configs.running.launch import Watcher, prepare_run, train

RECIPE = "tiny_cpu"
# One city and short dates are what the tiny base (4 layers of width 192) learns on a CPU in minutes.
CITIES = ("枣庄",)
DATES = ("relative_day", "relative_month", "relative_quarter", "month", "quarter")
N_ROWS = 9_000
TEST_SHARE = 0.05
SEED = 42
_MARKER = "demo.json"
_MAX_NEW_TOKENS = 160
_N_EXAMPLES = 4


def slot_options() -> SlotOptions:
    """Give what the demo generates: plain queries about one city, places in full, short dates."""
    return SlotOptions(
        N_ROWS,
        only={"city": CITIES},
        templates=BASE_TEMPLATES,
        only_dates=DATES,
        noise=(),
        negatives=0.0,
    )


class Judged(NamedTuple):
    """The test split, answered and scored."""

    scores: Scores
    scored: list[ScoredSample]


class DemoResult(NamedTuple):
    """What the demo made and found."""

    out: Path
    manifest: SlotManifest
    before: Judged
    """The base model alone."""
    after: Judged
    """The base with its adapter."""
    seconds: dict[str, float]
    """Wall-clock seconds of each stage."""

    def examples(self) -> list[ScoredSample]:
        """Pick a few samples that the adapter got right, of different templates."""
        # The last of each template, so that the examples differ.
        right = {row.sample.meta["template"]: row for row in self.after.scored if row.is_exact}
        return list(right.values())[:_N_EXAMPLES]

    def errors(self) -> list[ScoredSample]:
        """Pick a few samples that the adapter got wrong."""
        return list(wrong_samples(self.after.scored))[:_N_EXAMPLES]


class Reporter(Protocol):
    """Shows what the demo does."""

    def stage(self, what: str) -> None:
        """Announce a stage."""

    def training(self) -> AbstractContextManager[Watcher]:
        """Watch a training while the block lasts."""

    def predicting(self) -> AbstractContextManager[OnProgress]:
        """Show a prediction run while the block lasts."""


def run_demo(out: Path, reporter: Reporter) -> DemoResult:
    """Generate, train, predict before and after, and score; an earlier demo in ``out`` is replaced.

    Raises:
        UserError: the train extra is missing, ``out`` holds something else, or a stage fails.
    """
    require_extra("llamafactory", "train")
    _clear(out)
    seconds: dict[str, float] = {}
    with _timed(seconds, "generate"):
        reporter.stage(f"1/4 generating {N_ROWS} power-domain queries about {'、'.join(CITIES)}")
        options = DatasetOptions(out / "data", dev=TEST_SHARE, test=TEST_SHARE, seed=SEED, prompt="short")
        manifest = generate_slots(slot_options(), options)
    with _timed(seconds, "train"):
        reporter.stage("2/4 training a LoRA adapter on the tiny base with llamafactory-cli")
        run_folder = out / "run"
        config = render_config(RECIPE, options.out, run_folder, {})
        write_whole(out / TRAIN_YAML, config.encode())
        with reporter.training() as watcher:
            train(prepare_run(out / TRAIN_YAML, {}, overwrite=False), watcher)
    reporter.stage("3/4 predicting the held-out test split with the base alone")
    with _timed(seconds, "predict_base"):
        before = _judge(options.out, read_run(run_folder, BASE), reporter)
    reporter.stage("4/4 predicting it with the adapter")
    with _timed(seconds, "predict_adapter"):
        after = _judge(options.out, read_run(run_folder, FINAL), reporter)
    _mark(out, seconds)
    return DemoResult(out, manifest, before, after, seconds)


class _Marker(msgspec.Struct):
    nerforge_demo: dict[str, float]
    """Seconds of each stage."""


def _clear(out: Path) -> None:
    """Remove what an earlier demo made; anything else in the folder stays."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not (out / _MARKER).is_file():
            raise UserError(f"{out}: is not empty and not an earlier demo; choose another --out")
        # A demo.json of somebody else has no such field and is refused, with all that lies beside it.
        read_json(out / _MARKER, _Marker)
        for name in ("data", "run"):
            if (out / name).exists():
                shutil.rmtree(out / name)
    # First of all, so that a demo which is killed leaves a folder that the next one may replace.
    _mark(out, {})


def _mark(out: Path, seconds: dict[str, float]) -> None:
    write_whole(out / _MARKER, to_json({"nerforge_demo": seconds}))


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    seconds[stage] = round(time.monotonic() - start, 1)


def _judge(data: Path, run: Run, reporter: Reporter) -> Judged:
    spec = run.spec(_MAX_NEW_TOKENS)
    with reporter.predicting() as on_progress:
        done = predict(data, "test", spec, run.predictions("test"), on_progress=on_progress)
    gold = data / "gold"
    task, answer_format = find_task(gold / "test.jsonl", None, None)
    scores, scored = score_files(
        gold / "test.jsonl", done.path, task, answer_format, training=gold / "train.jsonl"
    )
    write_whole(run.scores("test"), encode_scores(scores))
    return Judged(scores, scored)
