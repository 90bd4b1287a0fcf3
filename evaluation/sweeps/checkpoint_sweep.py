"""What ``nerforge sweep`` does: judge every checkpoint on dev, choose one, and test it alone."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from nerforge.evaluation.predicting.requests import has_rows
from nerforge.evaluation.reading.task_of_gold import find_reading, find_task
from nerforge.evaluation.scores.label_scores import is_label_gold
from nerforge.evaluation.scores.significance import Floats
from nerforge.evaluation.sweeps.checkpoints import Checkpoint, find_checkpoints
from nerforge.evaluation.sweeps.choice import CheckpointScore, choose, describe_rule
from nerforge.evaluation.sweeps.deciding_figure import (
    MACRO_F1,
    choose_criterion,
    count_not_clean,
    read_figure,
    read_outcomes,
    sentence_columns,
)
from nerforge.evaluation.sweeps.judging import Judge, JudgeSettings, OnProgress, SweepProgress
from nerforge.evaluation.sweeps.picture import draw_sweep
from nerforge.evaluation.sweeps.rejection import LEVEL, find_losers, level_of_one
from nerforge.evaluation.sweeps.split_parts import Part, plan_parts
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.foundation.run_folder.contents import BEST_CHECKPOINT
from nerforge.foundation.run_folder.training_log import loss_at, read_losses
from nerforge.generators.datasets.dataset import find_alpaca

SWEEP_JSON = "sweep.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOptions:
    """What is swept, and how the best is chosen."""

    run: Path
    judging: JudgeSettings
    criterion: str | None = None
    """None for strict micro F1, or accuracy in text classification."""
    one_standard_error: bool = False
    stop_early: bool = False
    limit: int | None = None
    """Rows of dev to judge by; None for all."""
    with_base: bool = False
    seed: int = 0
    """Of the sample of dev and of the early comparisons."""


class StopEarly(msgspec.Struct, frozen=True):
    """When checkpoints that cannot win were dropped."""

    error_level: float
    error_level_of_one_comparison: float
    compared_after_rows: list[int]


class SweepSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the best checkpoint was chosen."""

    criterion: str
    rule: str
    one_standard_error: bool
    stop_early: StopEarly | None
    n_dev_rows: int
    """Rows that checkpoints were judged by."""
    n_dev_rows_of: int
    """Rows that dev holds."""
    seed: int
    engine: str
    max_new_tokens: int
    dev_gold_sha256: str
    ground: str | UnsetType = UNSET
    """Tables on which answers were grounded before they were scored."""
    constrain: str | UnsetType = UNSET
    """Tables of what constrained answers might complete."""


class SweepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What ``sweep.json`` holds."""

    best: str | None
    checkpoints: list[CheckpointScore]
    dev: CheckpointScore | None
    test: CheckpointScore | None
    notes: list[str]
    settings: SweepSettings


@dataclass(frozen=True, slots=True)
class Sweep:
    """What came of it."""

    rows: list[CheckpointScore]
    """From the earliest to the latest checkpoint."""
    chosen: CheckpointScore | None
    """None where a checkpoint could not be judged."""
    test: CheckpointScore | None
    """The chosen one on test; None where there is no test split, or nothing was chosen."""
    notes: list[str]
    settings: SweepSettings
    pictures: list[Path]
    n_loads: int
    """How often a model was loaded."""

    def record(self) -> SweepRecord:
        """Give everything that ``sweep.json`` holds."""
        return SweepRecord(
            best=self.chosen.name if self.chosen else None,
            checkpoints=self.rows,
            dev=self.chosen,
            test=self.test,
            notes=self.notes,
            settings=self.settings,
        )


def run_sweep(options: SweepOptions, on_progress: OnProgress | None = None) -> Sweep:
    """Judge every checkpoint on dev, choose the best, test it once, and write what was found into the run.

    Where a checkpoint cannot be judged, the others are, but none is chosen and nothing but their predictions
    and scores is written: test is for the one that wins among all.

    Raises:
        UsageError: the options contradict each other or the data.
        UserError: run or data set cannot be used, or answers of other settings stand in the run.
    """
    gold = _require_split(options.judging.data, "dev")
    criterion = _check(options, gold)
    found = find_checkpoints(options.run, with_base=options.with_base)
    parts = plan_parts(gold, limit=options.limit, stop_early=options.stop_early, seed=options.seed)
    judge = Judge(options.judging, found.checkpoints[0], SweepProgress(on_progress))
    # The largest part holds all others, so it is the work that is ahead.
    judge.plan(found.checkpoints, "dev", parts[-1])
    sweeper = _Sweeper(options, judge, criterion)
    rows = sweeper.judge_all(found.checkpoints, parts)
    settings = _settings(options, criterion, parts, len(rows), gold)
    notes = list(found.notes)
    if not is_label_gold(gold):
        notes += find_reading(gold, None, None).notes
    if options.stop_early and len(parts) == 1:
        notes.append(f"dev has {len(parts[-1].ids)} rows to judge by, too few to stop anything early")
    if any(row.error for row in rows):
        return Sweep(rows, None, None, notes, settings, [], judge.engine.n_loads)
    # Test is looked at once, and only with the checkpoint that dev chose.
    chosen = choose(rows, one_standard_error=options.one_standard_error)
    test = sweeper.test(next(x for x in found.checkpoints if x.name == chosen.name))
    if test is None:
        notes.append("the data set holds no test split, so nothing was tested")
    pictures = draw_sweep(options.run, rows, chosen.name, read_losses(options.run), criterion)
    if not pictures:
        notes.append("no picture: matplotlib is not installed; run: pip install 'nerforge[plots]'")
    sweep = Sweep(rows, chosen, test, notes, settings, pictures, judge.engine.n_loads)
    write_whole(options.run / SWEEP_JSON, to_json(msgspec.to_builtins(sweep.record())))
    write_whole(options.run / BEST_CHECKPOINT, f"{chosen.name}\n".encode())
    return sweep


def _require_split(data: Path, split: str) -> Path:
    gold = data / "gold" / f"{split}.jsonl"
    if not (gold.is_file() and has_rows(data, split)):
        raise UserError(
            f"{data}: holds no {split} split; expected {find_alpaca(data, split).name} and "
            f"gold/{split}.jsonl, generate the data set with a share for {split} (rows without a manifest: a "
            f"data set with {split} in its name, and gold/{split}.jsonl beside it)"
        )
    return gold


def _check(options: SweepOptions, gold: Path) -> str:
    """Refuse what cannot be before anything is loaded; give the criterion."""
    criterion = choose_criterion(gold, options.criterion)
    if not is_label_gold(gold):
        find_task(gold, None, None)
    if options.stop_early and options.one_standard_error:
        raise UsageError(
            "--stop-early and --one-standard-error: give one of them; a checkpoint that was dropped as it "
            "cannot win may still be within one standard error of the best"
        )
    if options.stop_early and criterion == MACRO_F1:
        raise UsageError("--stop-early compares checkpoints by sentence, which macro_f1 is no sum over")
    return criterion


def _settings(
    options: SweepOptions, criterion: str, parts: list[Part], n_checkpoints: int, gold: Path
) -> SweepSettings:
    looks = [len(part.ids) for part in parts[:-1]]
    stop_early = StopEarly(LEVEL, level_of_one(n_checkpoints, len(looks)), looks)
    return SweepSettings(
        criterion=criterion,
        rule=describe_rule(criterion, one_standard_error=options.one_standard_error),
        one_standard_error=options.one_standard_error,
        stop_early=stop_early if options.stop_early else None,
        n_dev_rows=len(parts[-1].ids),
        n_dev_rows_of=parts[-1].n_all,
        seed=options.seed,
        engine=options.judging.engine,
        max_new_tokens=options.judging.max_new_tokens,
        dev_gold_sha256=file_sha256(gold),
        ground=UNSET if options.judging.ground is None else options.judging.ground,
        constrain=UNSET if options.judging.constrain is None else options.judging.constrain,
    )


class _AnswersBefore(msgspec.Struct):
    predictions_sha256: str | None
    seconds: float | None


class _SweepBefore(msgspec.Struct):
    """What a sweep takes over from the ``sweep.json`` of an earlier one, of whatever version."""

    checkpoints: list[_AnswersBefore]
    test: _AnswersBefore | None


class _Sweeper:
    """Judges checkpoints one after the other, or block by block where some may be dropped early."""

    def __init__(self, options: SweepOptions, judge: Judge, criterion: str) -> None:
        self.options = options
        self.judge = judge
        self.criterion = criterion
        self.losses = read_losses(options.run)
        self._seconds: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._before = _seconds_before(options.run / SWEEP_JSON)
        self._columns: dict[str, Floats] = {}

    def judge_all(self, checkpoints: list[Checkpoint], parts: list[Part]) -> list[CheckpointScore]:
        """Judge all, by ever larger parts; the last part is what counts."""
        rows: dict[str, CheckpointScore] = {}
        alive = list(checkpoints)
        for part in parts:
            for checkpoint in alive:
                rows[checkpoint.name] = self._try(checkpoint, part)
            alive = [checkpoint for checkpoint in alive if rows[checkpoint.name].error is None]
            if part is parts[-1]:
                break
            # Ten checkpoints compared after three parts: 27 comparisons with the best share the level of
            # 0.01.
            level = level_of_one(len(checkpoints), len(parts) - 1)
            columns = {checkpoint.name: self._columns[checkpoint.name] for checkpoint in alive}
            losers = find_losers(columns, level, self.options.seed) if columns else []
            for name in losers:
                rows[name] = replace(rows[name], is_stopped=True)
                self.judge.progress.drop(len(parts[-1].ids) - len(part.ids))
            alive = [checkpoint for checkpoint in alive if checkpoint.name not in losers]
        return [rows[checkpoint.name] for checkpoint in checkpoints]

    def test(self, checkpoint: Checkpoint) -> CheckpointScore | None:
        """Predict and score test with the chosen one; None where there is no test split."""
        data = self.options.judging.data
        gold = data / "gold" / "test.jsonl"
        if not (gold.is_file() and has_rows(data, "test")):
            return None
        part = plan_parts(gold, limit=None, stop_early=False, seed=0)[-1]
        self.judge.plan([checkpoint], "test", part)
        try:
            self._answer(checkpoint, "test", part)
        except UserError as err:
            raise UserError(f"{checkpoint.name} would be chosen, but cannot be tested: {err}") from err
        return self._scored(checkpoint, "test", part)

    def _try(self, checkpoint: Checkpoint, part: Part) -> CheckpointScore:
        try:
            self._answer(checkpoint, "dev", part)
        except UserError as err:
            return replace(self._row(checkpoint), error=str(err))
        return self._scored(checkpoint, "dev", part)

    def _answer(self, checkpoint: Checkpoint, split: str, part: Part) -> None:
        self._seconds[checkpoint.name, split] += self.judge.answer(checkpoint, split, part)

    def _scored(self, checkpoint: Checkpoint, split: str, part: Part) -> CheckpointScore:
        scores = self.judge.score(checkpoint, split, part)
        outcomes = read_outcomes(scores)
        answers = scores.settings.predictions.sha256
        if self.options.stop_early and split == "dev":
            self._columns[checkpoint.name] = sentence_columns(scores, self.criterion)
        row = self._row(checkpoint).with_figure(read_figure(scores, self.criterion))
        return replace(
            row,
            outcomes=outcomes,
            n_not_clean=count_not_clean(outcomes),
            n_cut=scores.predictions.counts.cut_answers,
            n_rows=len(part.ids),
            seconds=self._seconds[checkpoint.name, split] or self._before.get(answers),
            predictions_sha256=answers,
        )

    def _row(self, checkpoint: Checkpoint) -> CheckpointScore:
        return CheckpointScore(
            name=checkpoint.name,
            step=checkpoint.step,
            epoch=checkpoint.epoch,
            train_loss=loss_at(self.losses, checkpoint.step),
        )


def _seconds_before(path: Path) -> dict[str, float]:
    """Read how long the answers took that an earlier sweep found, by their hash."""
    try:
        before = read_json(path, _SweepBefore)
    except UserError:
        return {}
    # Answers that are on disk take no time now; what they took is known by their hash.
    rows = [*before.checkpoints, *([before.test] if before.test else [])]
    return {row.predictions_sha256: row.seconds for row in rows if row.predictions_sha256 and row.seconds}
