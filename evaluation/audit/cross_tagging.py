"""CRFs that read each sentence without having seen it or its near duplicates in training."""

from collections.abc import Callable, Sequence
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from nerforge.evaluation.audit.chain_crf import ChainWeights, train
from nerforge.evaluation.audit.chain_features import VERSION, corpus_features
from nerforge.evaluation.audit.chain_reading import ChainModel, ChainSentence
from nerforge.evaluation.audit.chain_tags import ChainTags, Floats, Ints
from nerforge.evaluation.audit.corpus_habits import CorpusHabits
from nerforge.evaluation.audit.text_folds import TextFolds
from nerforge.evaluation.baselines import EXTRA
from nerforge.foundation.errors import UserError
from nerforge.foundation.optional import require_extra
from nerforge.templates.domain import Sample

_PENALTY = 0.03
OnStep = Callable[[int, str], None]
"""Called with a fold and what is done in it."""


class _FoldReading(NamedTuple):
    """How the CRF of the other folds sees the sentences of one."""

    emission: Floats
    """What each tag of each of their characters is worth."""
    steps: Floats


class CrossTagger:
    """The CRFs of all folds.

    Joint ones tag the outermost entities of all labels, so that labels compete. Single ones have a chain for
    each label, and know entities within those of other labels, too. They see the same, so that where both
    err they need not err together.
    """

    def __init__(
        self, samples: Sequence[Sample], labels: Sequence[str], folds: TextFolds, habits: CorpusHabits
    ) -> None:
        """Prepare.

        Args:
            samples: Gold.
            labels: Those that it uses.
            folds: In which fold each sample is.
            habits: How the corpus labels surfaces.

        Raises:
            UserError: the baselines extra is missing.
        """
        require_extra("scipy", EXTRA)
        self._samples, self._folds, self._habits = samples, folds, habits
        self.kinds = [ChainTags(labels, nested=False)]
        if len(labels) > 1:
            self.kinds.append(ChainTags(labels, nested=True))
        lengths = np.array([len(sample.text) for sample in samples])
        self._starts = np.concatenate([[0], np.cumsum(lengths)])
        self._fold_of_char = np.repeat(np.array(folds.fold), lengths)
        self._models: list[list[ChainModel]] = []
        self._emissions = [np.zeros((int(self._starts[-1]), tags.width), np.float32) for tags in self.kinds]

    def prepare(
        self, folder: Path | None, n_epochs: int, seed: int, on_step: OnStep, only: int | None = None
    ) -> None:
        """Train the CRF of each fold, unless what it read is kept.

        Args:
            folder: Where that is kept; None for nowhere.
            n_epochs: Passes of the training over all sentences.
            seed: Of the order of sentences.
            on_step: Told before each fold.
            only: A fold that alone is read; None for all.

        Raises:
            UserError: what is kept cannot be read or written.
        """
        for fold in range(max(self._folds.fold) + 1) if only is None else [only]:
            on_step(fold, "training")
            path = None if folder is None else folder / f"{self._name(fold, n_epochs, seed)}.npz"
            readings = _load(path) if path is not None and path.is_file() else None
            if readings is None:
                readings = [self._read(tags, fold, n_epochs, seed) for tags in self.kinds]
                if path is not None:
                    _save(path, readings)
            self._models.append([])
            for tags, emissions, reading in zip(self.kinds, self._emissions, readings, strict=True):
                emissions[self._fold_of_char == fold] = reading.emission
                self._models[-1].append(ChainModel(tags, reading.steps))

    def sentence(self, position: int) -> list[ChainSentence]:
        """Give a sentence as the joint CRF and the single ones see it; it has at least one character."""
        here = slice(self._starts[position], self._starts[position + 1])
        models = self._models[self._folds.fold[position]]
        return [
            ChainSentence(model, emission[here])
            for model, emission in zip(models, self._emissions, strict=True)
        ]

    @cached_property
    def _features(self) -> Any:
        return corpus_features(self._samples, self.kinds[0].labels, self._habits)

    @cached_property
    def _gold(self) -> list[Ints]:
        return [
            np.concatenate([tags.write(len(sample.text), sample.entities) for sample in self._samples])
            for tags in self.kinds
        ]

    def _read(self, tags: ChainTags, fold: int, n_epochs: int, seed: int) -> _FoldReading:
        seen = self._fold_of_char != fold
        lengths = [
            len(sample.text)
            for sample, of in zip(self._samples, self._folds.fold, strict=True)
            if of != fold and sample.text
        ]
        gold = self._gold[self.kinds.index(tags)][seen]
        weights: ChainWeights = train(
            self._features[seen], gold, lengths, tags, n_epochs=n_epochs, penalty=_PENALTY, seed=seed
        )
        return _FoldReading(self._features[~seen] @ weights.of_features, weights.of_steps)

    def _name(self, fold: int, n_epochs: int, seed: int) -> str:
        libraries = [version("numpy"), version("scipy")]
        settings = [
            VERSION,
            fold,
            n_epochs,
            seed,
            _PENALTY,
            self.kinds[0].labels,
            libraries,
            self._folds.fold,
        ]
        state = sha256(msgspec.json.encode(settings))
        for sample in self._samples:
            state.update(msgspec.json.encode([sample.text, sample.entities]))
        return f"fold-{state.hexdigest()[:16]}"


def _save(path: Path, readings: Sequence[_FoldReading]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".part")
    arrays: dict[str, Any] = {
        f"{name}{number}": array
        for number, reading in enumerate(readings)
        for name, array in zip(_FoldReading._fields, reading, strict=True)
    }
    try:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)
        temporary.replace(path)
    except OSError as err:
        raise UserError(
            f"{path}: cannot be written: {err.strerror}; choose another folder for models"
        ) from err
    finally:
        temporary.unlink(missing_ok=True)


def _load(path: Path) -> list[_FoldReading]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            n = sum(name.startswith(_FoldReading._fields[0]) for name in arrays.files)
            return [
                _FoldReading(*(arrays[f"{name}{number}"] for name in _FoldReading._fields))
                for number in range(n)
            ]
    except (OSError, ValueError, KeyError) as err:
        raise UserError(f"{path}: is no whole model; remove it and start the audit again") from err
