"""Answer and score a part of a split with a checkpoint; what is there already and fits is not done again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from nerforge.evaluation.constraints.constraint import Constraint
from nerforge.evaluation.constraints.constraint_choice import constraint_of_gold
from nerforge.evaluation.engines import DEFAULT_ENGINE, Devices, ModelSpec, require_constraining
from nerforge.evaluation.grounding.grounded_predictions import ground_file, grounded_path
from nerforge.evaluation.grounding.table_sources import GroundingTables, read_tables
from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.predicting.answer_log import failures_path, open_log, settings_path
from nerforge.evaluation.predicting.predictions import answer_settings, predict
from nerforge.evaluation.reading.task_of_gold import find_task
from nerforge.evaluation.scores.label_scores import is_label_gold
from nerforge.evaluation.scores.schema import AnyScores, Settings
from nerforge.evaluation.scores.score_file import read_scores
from nerforge.evaluation.scores.score_run import ScoreOptions, run_score
from nerforge.evaluation.sweeps.checkpoints import Checkpoint
from nerforge.evaluation.sweeps.engine import SweepEngine
from nerforge.evaluation.sweeps.split_parts import Part, PartFiles, part_files
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import HashedFile, file_sha256
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.phases import phase

OnProgress = Callable[[int, int, str], None]
"""Told of rows done and of all rows, and of the checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeSettings:
    """How checkpoints are asked."""

    data: Path
    engine: str = DEFAULT_ENGINE
    batch_size: int = 0
    max_new_tokens: int = 512
    hub: str | None = None
    trust_remote_code: bool = False
    devices: Devices = field(default_factory=Devices)
    constrain: str | None = None
    """Tables of what constrained answers may complete; None where answers are free."""
    ground: str | None = None
    """Tables on which answers are grounded before they are scored; see ``read_tables``."""
    ground_threshold: float | None = None
    """The least similarity of a misspelling; None for the usual one."""
    overwrite: bool = False
    """Predict anew where the answers that stand there were made with other settings or weights."""

    def spec(self, checkpoint: Checkpoint) -> ModelSpec:
        """Say which model a checkpoint is."""
        spec = checkpoint.run.spec(
            self.max_new_tokens, trust_remote_code=self.trust_remote_code, hub=self.hub
        )
        return replace(spec, devices=self.devices, constraint=self._constraint())

    def _constraint(self) -> Constraint | None:
        if self.constrain is None:
            return None
        require_constraining(self.engine)
        return _constraint_of(self.data / "gold" / "dev.jsonl", self.constrain)


@lru_cache(maxsize=1)
def _constraint_of(gold: Path, tables: str) -> Constraint:
    # Asked for at each checkpoint; the tables are read once.
    return constraint_of_gold(gold, tables)


class SweepProgress:
    """Counts rows over all checkpoints."""

    def __init__(self, tell: OnProgress | None) -> None:
        """Begin with nothing to do."""
        self.n_done = self.n_all = 0
        self.name = ""
        self._tell = tell

    def begin(self, name: str) -> None:
        """Go on with a checkpoint."""
        self.name = name
        if self.n_done < self.n_all:
            self.add(0)

    def add(self, n_rows: int) -> None:
        """Count rows that were answered."""
        self.n_done += n_rows
        if self._tell is not None:
            self._tell(self.n_done, self.n_all, self.name)

    def drop(self, n_rows: int) -> None:
        """Take away rows that nobody will answer."""
        self.n_all -= n_rows


class Judge:
    """Answers and scores, with one engine for all checkpoints."""

    def __init__(self, settings: JudgeSettings, first: Checkpoint, progress: SweepProgress) -> None:
        """Prepare; nothing is loaded before the first row is to be answered."""
        self.settings = settings
        self.progress = progress
        self.engine = SweepEngine(settings.engine, settings.spec(first), progress.add)
        self._anew: set[Path] = set()
        self.tables = self._read_tables()

    def _read_tables(self) -> GroundingTables | None:
        """Read the tables before anything is loaded, so that what is wrong with them is told at once."""
        settings = self.settings
        if settings.ground is None:
            return None
        task, _ = find_task(settings.data / "gold" / "dev.jsonl", None, None)
        return read_tables(settings.ground, task, settings.data, settings.ground_threshold)

    def plan(self, checkpoints: Iterable[Checkpoint], split: str, part: Part) -> None:
        """Count what is to be done, and see that answers which stand there fit.

        Raises:
            UserError: there are answers of other settings or weights, and ``overwrite`` is not set.
        """
        for checkpoint in checkpoints:
            out = checkpoint.run.predictions(split)
            self.progress.n_all += len(part.ids)
            if not out.is_file():
                continue
            with phase(f"looking at the answers of {checkpoint.name}"):
                settings = answer_settings(
                    self.settings.data, split, self.settings.spec(checkpoint), self.settings.engine
                )
            if self.settings.overwrite and _is_of_others(out, settings):
                self._anew.add(out)
            else:
                with open_log(out) as log:
                    self.progress.n_done += len(log.resume(settings) & part.ids)

    def answer(self, checkpoint: Checkpoint, split: str, part: Part) -> float:
        """Answer the rows that are not answered yet, and give the seconds that it took.

        Raises:
            UserError: the checkpoint cannot be loaded, or rows could not be answered.
        """
        spec, out = self.settings.spec(checkpoint), checkpoint.run.predictions(split)
        self.progress.begin(checkpoint.name)
        self.engine.aim(spec, part.ids)
        done = predict(
            self.settings.data,
            split,
            spec,
            out,
            engine=self.settings.engine,
            loaded=self.engine,
            batch_size=self.settings.batch_size,
            overwrite=out in self._anew,
        )
        self._anew.discard(out)
        if done.n_failed:
            raise UserError(f"{done.n_failed} rows could not be answered, see {failures_path(out)}")
        return self.engine.seconds

    def score(self, checkpoint: Checkpoint, split: str, part: Part) -> AnyScores:
        """Score the part as ``nerforge score`` does, unless these scores are there.

        Raises:
            UserError: a file cannot be read or written.
        """
        name = part.name(split) if self.tables is None else f"{part.name(split)}.grounded"
        out = checkpoint.run.scores(name)
        training = self.settings.data / "gold" / "train.jsonl"
        known = training if training.is_file() else None
        with part_files(part, self.settings.data, split, checkpoint.run.predictions(split)) as files:
            if self.tables is not None:
                files = files._replace(predictions=self._grounded(checkpoint, split, files, self.tables))
            kept = _kept_scores(out, files, known)
            if kept is not None:
                return kept
            with phase(f"scoring {checkpoint.name} on {split}"):
                return run_score(
                    ScoreOptions(gold=files.gold, pred=files.predictions, training=known, out=out)
                ).scores

    def _grounded(
        self, checkpoint: Checkpoint, split: str, files: PartFiles, tables: GroundingTables
    ) -> Path:
        """Ground the answers of a part, in a file beside them."""
        out = grounded_path(checkpoint.run.predictions(split))
        with phase(f"grounding the answers of {checkpoint.name}"):
            _, answer_format = find_task(files.gold, None, None)
            return ground_file(files.predictions, files.gold, tables, answer_format, out).path


def _is_of_others(out: Path, settings: Mapping[str, object]) -> bool:
    path = settings_path(out)
    return out.stat().st_size > 0 and (not path.is_file() or read_json(path, dict[str, object]) != settings)


def _kept_scores(out: Path, files: PartFiles, training: Path | None) -> AnyScores | None:
    """Read scores that were made of the same answers, gold, format and settings; None if there are none."""
    if not out.is_file():
        return None
    try:
        scores = read_scores(out)
    except UserError:
        return None
    settings = scores.settings
    # What a score file was computed from is all in its settings; nothing else may be trusted to fit.
    fits = settings.gold_sha256 == file_sha256(files.gold) and settings.bootstrap == Bootstrap()
    if isinstance(settings, Settings):
        fits = fits and _fits_entities(settings, files.gold, training)
    elif not is_label_gold(files.gold):
        fits = False
    return scores if fits and settings.predictions.sha256 == file_sha256(files.predictions) else None


def _fits_entities(settings: Settings, gold: Path, training: Path | None) -> bool:
    if is_label_gold(gold):
        return False
    task, answer_format = find_task(gold, None, None)
    hashed = HashedFile(training.name, file_sha256(training)) if training else None
    found = (settings.task, settings.labels, settings.answer_format, settings.training)
    return found == (task.name, list(task.schema.names), answer_format, hashed)
