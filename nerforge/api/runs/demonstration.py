"""The main job from end to end, on embedded data and the tiny base model."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, Protocol

from nerforge.api.predicting.case_answers import answer_cases
from nerforge.api.predicting.chat_opening import open_session
from nerforge.api.runs.demo_state import open_demo
from nerforge.evaluation.chatting.asking_of_rows import AskingOptions
from nerforge.evaluation.chatting.query_cases import JudgedCase
from nerforge.evaluation.constraints.constraint import OWN_TABLES
from nerforge.evaluation.grounding import OF_DATA
from nerforge.evaluation.predicting.predictions import OnProgress, predict
from nerforge.evaluation.predicting.runs import Run, read_run
from nerforge.evaluation.reading.task_of_gold import find_task
from nerforge.evaluation.scores.entity_scores import ScoredSample, score_files, wrong_samples
from nerforge.evaluation.scores.schema import Scores
from nerforge.evaluation.scores.score_file import encode_scores
from nerforge.foundation.files.hashing import path_sha256
from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.optional import require_extra
from nerforge.foundation.run_folder.contents import BASE, FINAL, TRAIN_YAML
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.domain.slot_domain import POWER
from nerforge.generators.slots.generate import SlotOptions, generate_slots
from nerforge.llamafactory_configs.layering.recipe_files import RECIPES_DIR
from nerforge.llamafactory_configs.rendering.training_yaml import TINY_BASE, render_config
from nerforge.llamafactory_configs.running.launch import Watcher, prepare_run, train
from nerforge.llamafactory_configs.running.run_manifest import read_run_manifest, versions

RECIPE = "tiny_cpu"
OVERRIDES = {"save_strategy": "steps", "save_steps": 100, "save_total_limit": 1}
"""What the demo adds to the recipe: checkpoints, so that a training that was killed resumes."""
CITIES = ("菏泽",)
TEMPLATES = (
    *("city-company-substation", "city", "company", "city-company", "city-substation", "substation"),
    *("city-company-short", "city-substation-short", "company-short", "substation-short"),
)
"""Places in full and as their short forms, with any of the parents left out."""
# What the published queries have: 本月, 4月, 三季度, 2020年04月28号 and the like.
DATES = ("relative_day", "relative_month", "relative_quarter", "month", "quarter", "day")
N_ROWS = 8_500
TEST_SHARE = 0.05
SEED = 42
CASES = POWER / "published_queries.json"
"""The queries that the demo ends with."""
MAX_NEW_TOKENS = 160
_N_EXAMPLES = 4


def slot_options() -> SlotOptions:
    """Give what the demo generates: plain queries about one city, with the usual dates."""
    return SlotOptions(
        N_ROWS, only={"city": CITIES}, only_templates=TEMPLATES, only_dates=DATES, noise=(), negatives=0.0
    )


def settings_sha256() -> str:
    """Hash all that a demo's results follow from: options, shipped files, and the packages' versions."""
    files = [POWER, TINY_BASE, RECIPES_DIR / f"{RECIPE}.yaml"]
    settings = [slot_options(), TEST_SHARE, SEED, OVERRIDES, MAX_NEW_TOKENS, versions()]
    return sha256(repr([settings, *map(path_sha256, files)]).encode()).hexdigest()


class Judged(NamedTuple):
    """The test split, answered and scored."""

    scores: Scores
    scored: list[ScoredSample]


class DemoResult(NamedTuple):
    """What the demo made and found."""

    out: Path
    before: Judged
    """The base model alone."""
    after: Judged
    """The base with its adapter."""
    asked: dict[str, list[JudgedCase]]
    """The queries of ``CASES``, answered with the adapter, by what was done beside."""
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

    def notice(self, line: str) -> None:
        """Tell what the user should know."""

    def training(self) -> AbstractContextManager[Watcher]:
        """Watch a training while the block lasts."""

    def predicting(self) -> AbstractContextManager[OnProgress]:
        """Show a prediction run while the block lasts."""


def run_demo(out: Path, reporter: Reporter) -> DemoResult:
    """Generate, train, predict before and after, score, and ask the published queries.

    A demo in ``out`` that was killed is resumed; one that is complete, or was made with other settings or by
    another version, is replaced.

    Raises:
        UserError: the train extra is missing, ``out`` holds something else, or a stage fails.
    """
    require_extra("llamafactory", "train")
    state = open_demo(out, settings_sha256(), reporter.notice)
    data, run_folder = out / "data", out / "run"
    with state.stage("generate") as is_complete:
        if not is_complete:
            reporter.stage(f"1/5 generating {N_ROWS} power-domain queries about {'、'.join(CITIES)}")
            _generate(data)
    with state.stage("train"):
        reporter.stage("2/5 training a LoRA adapter on the tiny base with llamafactory-cli")
        _train(out / TRAIN_YAML, data, run_folder, reporter)
    with state.stage("predict_base"):
        reporter.stage("3/5 predicting the held-out test split with the base alone")
        before = _judge(data, read_run(run_folder, BASE), reporter)
    with state.stage("predict_adapter"):
        reporter.stage("4/5 predicting it with the adapter")
        after = _judge(data, read_run(run_folder, FINAL), reporter)
    with state.stage("ask"):
        reporter.stage("5/5 asking the published queries")
        asked = _ask(data, read_run(run_folder, FINAL), reporter.notice)
    return DemoResult(out, before, after, asked, state.seconds)


def _generate(data: Path) -> None:
    options = DatasetOptions(data, dev=TEST_SHARE, test=TEST_SHARE, seed=SEED, prompt="short", overwrite=True)
    generate_slots(slot_options(), options)


def _train(train_yaml: Path, data: Path, run: Path, reporter: Reporter) -> None:
    """Train the adapter, or what is left of it; nothing, if it is trained."""
    manifest = read_run_manifest(run)
    if manifest is not None and manifest.is_finished:
        return
    write_whole(train_yaml, render_config(RECIPE, data, run, OVERRIDES).encode())
    with reporter.training() as watcher:
        train(prepare_run(train_yaml, {}, overwrite=False), watcher)


def _judge(data: Path, run: Run, reporter: Reporter) -> Judged:
    spec = run.spec(MAX_NEW_TOKENS)
    with reporter.predicting() as on_progress:
        done = predict(data, "test", spec, run.predictions("test"), on_progress=on_progress)
    gold = data / "gold"
    task, answer_format = find_task(gold / "test.jsonl", None, None)
    scores, scored = score_files(
        gold / "test.jsonl", done.path, task, answer_format, training=gold / "train.jsonl"
    )
    write_whole(run.scores("test"), encode_scores(scores))
    return Judged(scores, scored)


def _ask(data: Path, run: Run, notify: Callable[[str], None]) -> dict[str, list[JudgedCase]]:
    """Ask the published queries: the adapter alone, under a constraint, and grounded on the data's tables."""
    open_one = partial(open_session, "hf", run.spec(MAX_NEW_TOKENS), data, AskingOptions(), notify)
    constrained = None
    if find_spec("llguidance") is None:
        notify(
            "llguidance is not installed, so no answers are constrained: pip install 'nerforge[constrain]'"
        )
    else:
        constrained = open_one(constrain=OWN_TABLES)
    return answer_cases(open_one(ground=OF_DATA), CASES, constrained)
