"""The CRF baseline: a linear chain over characters, trained on the outermost entities."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from nerforge.evaluation.baselines import EXTRA
from nerforge.evaluation.baselines.crf_features import VERSION, features, to_tags
from nerforge.evaluation.baselines.crf_sentence import CrfSentence
from nerforge.evaluation.baselines.lexicon import Lexicon
from nerforge.evaluation.baselines.spans import leftmost_longest, outermost
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.foundation.optional import require_extra
from nerforge.templates.domain import Entity, LabelSchema, Sample

OnProgress = Callable[[int, int], None]
"""Called with the number of rounds done and of all rounds, at most."""
_OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class CrfOptions:
    """How the CRF is trained."""

    c1: float = 0.1
    """Weight of the L1 penalty."""
    c2: float = 0.1
    """Weight of the L2 penalty."""
    max_rounds: int = 100


class _Card(msgspec.Struct):
    """What lies beside a model, so that a broken or foreign one is not loaded."""

    model_sha256: str


class CharacterMarginals(NamedTuple):
    """What a CRF says of the characters of a sentence."""

    tags: Sequence[str]
    """The best sequence of BIO tags."""
    of_tag: Sequence[float]
    """The probability of each of its tags, over all sequences."""
    in_entity: Sequence[float]
    """The probability that each character lies in an entity."""


class CrfTagger:
    """Tags characters by themselves, their neighbours, their kinds, and the surfaces of training gold.

    It knows neither entities within others nor entities without a mention. A surface of training counts as
    known in a training sentence only if another training sentence has it too, as is the case in new ones.
    """

    name = "crf"

    def __init__(
        self, samples: Sequence[Sample], schema: LabelSchema, options: CrfOptions, folder: Path
    ) -> None:
        """Prepare.

        Args:
            samples: Training gold.
            schema: The labels.
            options: How to train.
            folder: Where models are kept, each under a name that tells what it was trained on.

        Raises:
            UserError: the baselines extra is missing.
        """
        require_extra("pycrfsuite", EXTRA)
        self.options = options
        self.lexicon = Lexicon(samples, schema, nested=False)
        self._samples = samples
        self._folder = folder
        self.was_trained = False

    @property
    def settings(self) -> Mapping[str, object]:
        """What shapes the answers besides the training gold."""
        return {**asdict(self.options), "features": VERSION, "crfsuite": version("python-crfsuite")}

    @cached_property
    def path(self) -> Path:
        """Where the model lies."""
        # Same settings and same gold give the same name, so that a model is trained once.
        state = sha256(msgspec.json.encode(self.settings, order="sorted"))
        for sample in self._samples:
            state.update(msgspec.json.encode([sample.text, sample.entities]))
        return self._folder / f"crf-{state.hexdigest()[:16]}.crfsuite"

    def notes(self) -> list[str]:
        """Say what was learned, and what cannot be."""
        lost = _not_representable(self._samples)
        learned = "trained" if self.was_trained else "trained before"
        notes = [f"{learned}: {self.path}"]
        if lost:
            counts = ", ".join(f"{n:,} {reason}" for reason, n in lost.items())
            notes.append(f"a CRF cannot learn every entity of training; it leaves out {counts}")
        return notes

    def prepare(self, on_progress: OnProgress | None = None) -> None:
        """Train, unless a whole model of the same training lies there already.

        Raises:
            UserError: training gold has no entity that a CRF can learn, or the model cannot be written.
        """
        if not self._is_there():
            if not any(outermost(sample.entities) for sample in self._samples):
                raise UserError("training gold has no entity with a mention; a CRF has nothing to learn")
            self._train(on_progress)
            self.was_trained = True

    def _is_there(self) -> bool:
        card = self.path.with_suffix(".json")
        if not (self.path.is_file() and card.is_file()):
            return False
        return read_json(card, _Card).model_sha256 == file_sha256(self.path)

    def _train(self, on_progress: OnProgress | None) -> None:
        trainer = _trainer(self.options, on_progress)
        for sample in self._samples:
            if sample.text:
                # Its own surface would tell the CRF every answer: that it is known has to come from another
                # sentence.
                own = {sample.text[e.start : e.end] for e in sample.entities if e.span}
                known = self._known(sample.text, own)
                trainer.append(
                    features(sample.text, known), to_tags(len(sample.text), outermost(sample.entities))
                )
        self._folder.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".part")
        try:
            trainer.train(str(temporary))
            temporary.replace(self.path)
        finally:
            temporary.unlink(missing_ok=True)
        card = {"model_sha256": file_sha256(self.path), "settings": self.settings}
        write_whole(self.path.with_suffix(".json"), to_json(card))

    def _known(self, text: str, own: Iterable[str] = ()) -> list[str]:
        """Tag the surfaces of training; of a sentence's own ones, those that another sentence has too."""
        unknown = {surface for surface in own if self.lexicon.n_samples[surface] < 2}
        spans = [span for span in self.lexicon.find(text) if text[slice(*span)] not in unknown]
        return to_tags(len(text), (self.lexicon.entity(text, span) for span in leftmost_longest(spans)))

    @cached_property
    def _model(self) -> Any:
        import pycrfsuite

        model: Any = pycrfsuite.Tagger()
        model.open(str(self.path))
        return model

    def tag(self, text: str) -> list[Entity]:
        """Give the entities of a sentence in the order of an answer; ``prepare`` comes first."""
        return self.sentence(text).entities() if text else []

    def sentence(self, text: str) -> CrfSentence:
        """Read a sentence that is not empty; ``prepare`` comes first."""
        return CrfSentence(self._model, self.lexicon, text, features(text, self._known(text)))

    def marginals(self, text: str) -> "CharacterMarginals":
        """Give how sure the CRF is of the tags that it gives a sentence; ``prepare`` comes first."""
        self._model.set(features(text, self._known(text)))
        tags = self._model.tag()
        inside = _OUTSIDE in self._model.labels()
        return CharacterMarginals(
            tags,
            [self._model.marginal(tag, place) for place, tag in enumerate(tags)],
            [1 - self._model.marginal(_OUTSIDE, place) if inside else 1.0 for place in range(len(tags))],
        )


def _trainer(options: CrfOptions, on_progress: OnProgress | None) -> Any:
    import pycrfsuite

    settings = {"c1": options.c1, "c2": options.c2, "max_iterations": options.max_rounds}
    trainer: Any = pycrfsuite.Trainer(
        algorithm="lbfgs", params={**settings, "feature.possible_transitions": True}
    )

    def message(line: str) -> None:
        if trainer.logparser.feed(line) == "iteration" and on_progress:
            on_progress(trainer.logparser.last_iteration["num"], options.max_rounds)

    trainer.message = message
    return trainer


def _not_representable(samples: Iterable[Sample]) -> Counter[str]:
    lost: Counter[str] = Counter()
    for sample in samples:
        n_mentioned = sum(entity.span is not None for entity in sample.entities)
        lost["without a mention"] += len(sample.entities) - n_mentioned
        lost["nested or crossing"] += n_mentioned - len(outermost(sample.entities))
    return +lost
