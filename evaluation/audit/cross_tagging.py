"""CRFs that read each sentence without having seen it or its near duplicates in training."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from nerforge.evaluation.baselines.crf import CrfOptions, CrfTagger, OnProgress
from nerforge.evaluation.baselines.crf_sentence import CrfSentence
from nerforge.evaluation.baselines.spans import outermost
from nerforge.templates.domain import Entity, LabelSchema, Sample


class CrfReading:
    """What CRFs of other folds say of a sentence."""

    def __init__(self, sentences: Mapping[str | None, CrfSentence], gold: Sequence[Entity]) -> None:
        """Take the sentence as each CRF reads it, by label; None for one of all labels."""
        self._sentences = sentences
        self._gold = gold
        self._of_gold = {
            name: sentence.log_probability(_of(name, gold)) for name, sentence in sentences.items()
        }
        self.entities = [entity for sentence in sentences.values() for entity in sentence.entities()]
        """The most probable ones."""

    def odds(self, gold: Entity | None, proposed: Entity | None) -> float:
        """Say how much more probable the sentence is if one entity is replaced; natural logarithm."""
        mended = [entity for entity in self._gold if entity is not gold]
        if proposed is not None:
            mended.append(proposed)
        total = 0.0
        for name in self._names(gold, proposed):
            if name in self._sentences:
                now = self._of_gold[name]
                then = self._sentences[name].log_probability(_of(name, mended))
                if now is not None and then is not None:
                    total += then - now
        return total

    def _names(self, gold: Entity | None, proposed: Entity | None) -> Iterable[str | None]:
        if None in self._sentences:
            return (None,)
        return {entity.label for entity in (gold, proposed) if entity is not None}


class FoldTagger:
    """The CRFs of one fold: one of all labels, or, where entities nest, one for each label."""

    def __init__(
        self,
        samples: Sequence[Sample],
        schema: LabelSchema,
        options: CrfOptions,
        folder: Path,
        *,
        nested: bool,
    ) -> None:
        """Prepare.

        Args:
            samples: Gold of the other folds.
            schema: The labels.
            options: How CRFs are trained.
            folder: Where models are kept, and found again.
            nested: Whether entities lie in one another.

        Raises:
            UserError: the baselines extra is missing.
        """
        parts: dict[str | None, Sequence[Sample]] = {None: samples}
        if nested:
            parts = {name: [_only(name, sample) for sample in samples] for name in schema.names}
        self._taggers = {
            name: CrfTagger(part, schema, options, folder)
            for name, part in parts.items()
            if any(outermost(sample.entities) for sample in part)
        }

    @property
    def n_models(self) -> int:
        """How many CRFs there are."""
        return len(self._taggers)

    def prepare(self, on_progress: OnProgress | None = None) -> None:
        """Train, unless the same was trained before.

        Raises:
            UserError: a model cannot be written.
        """
        for number, tagger in enumerate(self._taggers.values()):
            if on_progress:
                on_progress(number, self.n_models)
            tagger.prepare()

    def read(self, sample: Sample) -> CrfReading:
        """Read a sentence, which holds until the next one is read."""
        sentences = {name: tagger.sentence(sample.text) for name, tagger in self._taggers.items()}
        return CrfReading(sentences, sample.entities)


def _of(name: str | None, entities: Iterable[Entity]) -> list[Entity]:
    return [entity for entity in entities if name is None or entity.label == name]


def _only(name: str, sample: Sample) -> Sample:
    return replace(sample, entities=tuple(_of(name, sample.entities)))
