"""Train a baseline on parts of a training set, and keep what each reaches on a held-out split."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from nerforge.evaluation.baselines.crf import CrfOptions, CrfTagger
from nerforge.evaluation.baselines.dictionary import DictionaryOptions, DictionaryTagger
from nerforge.evaluation.baselines.run import EntityData, Tagger
from nerforge.evaluation.baselines.spans import outermost
from nerforge.evaluation.curves import CRF
from nerforge.evaluation.curves.sentence_counts import SplitCounts, count_sentences
from nerforge.evaluation.curves.subset_plan import Subset
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import write_whole
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.templates.domain import Answer, Entity, Outcome, Sample

OnProgress = Callable[[int, int, str], None]
"""Called with the rows that were trained on, those of all trainings, and what is being trained."""
_VERSION = 1
"""Of what is kept; another one is not read."""


class SubsetScores(msgspec.Struct, frozen=True, kw_only=True):
    """What a training on a part reaches."""

    n_rows: int
    draw: int
    mentions: dict[str, int]
    """Entities of the part, by label."""
    seconds: float
    """What training and tagging took."""
    counts: SplitCounts


class _Kept(msgspec.Struct, frozen=True):
    """A file of a kept training."""

    key: str
    """Tells on which rows, how, and on which held-out rows."""
    scores: SubsetScores


@dataclass(frozen=True)
class SubsetTrainer:
    """Trains one baseline on parts of one data set, and judges it on one split."""

    data: EntityData
    method: str
    split: str
    folder: Path
    """Where what each training reached is kept, so that it is not trained again."""

    @cached_property
    def gold(self) -> Path:
        """The gold file of the held-out split."""
        return self.data.folder / "gold" / f"{self.split}.jsonl"

    @cached_property
    def held_out(self) -> list[Sample]:
        """The samples of the held-out split."""
        return read_gold(self.gold, self.data.schema)

    def scores(
        self, subsets: Sequence[Subset], on_progress: OnProgress | None = None
    ) -> Iterator[SubsetScores]:
        """Yield what each part reaches, trained now or before.

        Raises:
            UserError: the held-out split cannot be read, or a kept file is broken.
        """
        kept = {subset: self._read(subset) for subset in subsets}
        total = sum(subset.n_rows for subset in subsets)
        done = sum(subset.n_rows for subset, scores in kept.items() if scores)
        for subset in subsets:
            scores = kept[subset]
            if scores is None:
                scores = self._train(subset, _Watch(on_progress, subset, done, total))
                done += subset.n_rows
                write_whole(self._path(subset), msgspec.json.encode(_Kept(self._key(subset), scores)))
            yield scores
        if on_progress:
            on_progress(total, total, "")

    def _path(self, subset: Subset) -> Path:
        return self.folder / f"{self.method}-{subset.n_rows}-{subset.draw}-{self._key(subset)[:12]}.json"

    def _read(self, subset: Subset) -> SubsetScores | None:
        path = self._path(subset)
        if not path.is_file():
            return None
        kept = read_json(path, _Kept)
        if kept.key != self._key(subset):
            raise UserError(f"{path}: was kept for another training; delete it")
        return kept.scores

    def _key(self, subset: Subset) -> str:
        state = sha256(msgspec.json.encode([_VERSION, self.method, self._settings, self._held_out_sha256]))
        for row in subset.rows:
            state.update(self._row_sha256s[row])
        return state.hexdigest()

    @cached_property
    def _settings(self) -> object:
        # Both taggers say in their settings what shapes their answers besides the training rows.
        return dict(self._tagger([], Path()).settings)

    @cached_property
    def _held_out_sha256(self) -> str:
        return sha256(msgspec.json.encode(self.held_out)).hexdigest()

    @cached_property
    def _row_sha256s(self) -> list[bytes]:
        return [sha256(msgspec.json.encode([x.text, x.entities])).digest() for x in self.data.training]

    def _tagger(self, samples: list[Sample], folder: Path) -> Tagger:
        if self.method == CRF:
            return CrfTagger(samples, self.data.schema, CrfOptions(), folder)
        return DictionaryTagger(samples, self.data.schema, DictionaryOptions())

    def _train(self, subset: Subset, watch: "_Watch") -> SubsetScores:
        watch(0, 1)
        start = time.perf_counter()
        samples = [self.data.training[row] for row in subset.rows]
        # The model is not needed again, and a folder of them would be large.
        with TemporaryDirectory(prefix="nerforge-curve-") as folder:
            tagger = self._tagger(samples, Path(folder))
            # A small part may hold nothing that a CRF can learn; it then finds nothing.
            can_learn = any(outermost(sample.entities) for sample in samples)
            if isinstance(tagger, CrfTagger) and can_learn:
                tagger.prepare(watch)
            tag = tagger.tag if can_learn else _find_nothing
            scored = (
                ScoredSample(sample, None, Answer(tuple(tag(sample.text)), Outcome.CLEAN))
                for sample in self.held_out
            )
            counts = count_sentences(scored, self.gold, self.data.schema)
        return SubsetScores(
            n_rows=subset.n_rows,
            draw=subset.draw,
            mentions=dict(Counter(entity.label for sample in samples for entity in sample.entities)),
            seconds=time.perf_counter() - start,
            counts=counts,
        )


def _find_nothing(text: str) -> list[Entity]:
    return []


class _Watch:
    """Turns the rounds of one training into rows of all."""

    def __init__(self, on_progress: OnProgress | None, subset: Subset, done: int, total: int) -> None:
        self._on_progress, self._subset, self._done, self._total = on_progress, subset, done, total

    def __call__(self, done: int, total: int) -> None:
        if self._on_progress:
            subset = self._subset
            rows = self._done + subset.n_rows * done // total
            self._on_progress(rows, self._total, f"{subset.n_rows:,} rows, draw {subset.draw + 1}")
