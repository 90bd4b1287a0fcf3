"""The audit: cross-prediction, habits, near duplicates and predictions, weighed by planted faults."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.audit.candidates import CandidateFinder
from nerforge.evaluation.audit.chain_reading import ChainSentence
from nerforge.evaluation.audit.corpus_habits import CorpusHabits
from nerforge.evaluation.audit.cross_tagging import CrossTagger
from nerforge.evaluation.audit.evidence import Prediction
from nerforge.evaluation.audit.fault_planting import PlantedFault, plant_faults
from nerforge.evaluation.audit.findings import KINDS, Finding
from nerforge.evaluation.audit.sentence_reading import CrfReading
from nerforge.evaluation.audit.text_folds import TextFolds, divide
from nerforge.evaluation.audit.weighing import ReadSentence, Weighing
from nerforge.evaluation.baselines.spans import leftmost_longest
from nerforge.foundation.errors import UserError
from nerforge.templates.domain import Entity, LabelSchema, Sample

OnProgress = Callable[[int, int, str], None]
"""Called with the steps done, those in all, and what is done next."""
_MIN_MENTIONS = 20
_SHARE_PLANTED = 0.015
"""Of the mentions, for each kind of fault."""
_MIN_PLANTED, _MAX_PLANTED = 60, 400
_MAX_ROUNDS_PLANTED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditSettings:
    """How gold is audited."""

    n_folds: int = 5
    n_rounds: int = 6
    """Passes of the training of a CRF over the corpus."""
    seed: int = 0
    """Of folds and planted faults."""
    models: Path | None = None
    """Where CRFs are kept, so that a killed audit resumes; None for nowhere."""


class AuditedGold(NamedTuple):
    """What an audit found."""

    findings: list[Finding]
    """All, the likeliest first."""
    n_samples: int
    n_mentions: int
    n_without_mention: int
    """Entities that the sentence does not say, which are not audited."""
    n_groups: int
    """Of near duplicates, of two or more samples."""
    is_nested: bool
    weights: Mapping[str, Sequence[float]]
    """Of each kind: the intercept, and what each feature weighs."""


def audit_samples(
    samples: Sequence[Sample],
    schema: LabelSchema,
    settings: AuditSettings,
    predictions: Sequence[Mapping[str, Prediction]] = (),
    on_progress: OnProgress | None = None,
) -> AuditedGold:
    """Look for errors in gold.

    Args:
        samples: Gold; ids differ.
        schema: Its labels.
        settings: How it is audited.
        predictions: Of each model what it predicted, by sample id; samples may be absent.
        on_progress: Told before each step.

    Raises:
        UserError: there is too little gold, or the baselines extra is missing.
    """
    n_mentions = sum(entity.span is not None for sample in samples for entity in sample.entities)
    if n_mentions < _MIN_MENTIONS or len(samples) < 2 * settings.n_folds:
        raise UserError(
            f"{len(samples):,} sentences with {n_mentions:,} mentions are too few for an audit; "
            f"expected at least {2 * settings.n_folds} sentences with {_MIN_MENTIONS} mentions"
        )
    audit = _Audit(samples, schema, settings, on_progress)
    sentences = list(audit.read_all())
    audit.tell("weighing the evidence")
    found = Weighing(samples, audit.folds, sentences, predictions, nested=audit.nested)
    n_all = sum(len(sample.entities) for sample in samples)
    return AuditedGold(
        findings=found.findings(),
        n_samples=len(samples),
        n_mentions=n_mentions,
        n_without_mention=n_all - n_mentions,
        n_groups=sum(len(members) > 1 for members in audit.folds.members.values()),
        is_nested=audit.nested,
        weights={kind: model.weights.tolist() for kind, model in found.models.items()},
    )


@dataclass(slots=True)
class _Audit:
    """Reads every sentence, and copies with planted faults, by CRFs of other folds."""

    samples: Sequence[Sample]
    schema: LabelSchema
    settings: AuditSettings
    on_progress: OnProgress | None
    nested: bool = field(init=False)
    folds: TextFolds = field(init=False)
    faults: list[PlantedFault] = field(init=False)
    habits: CorpusHabits = field(init=False)
    tagger: CrossTagger = field(init=False)
    finder: CandidateFinder = field(init=False)
    n_done: int = 0

    def __post_init__(self) -> None:
        self.nested = any(_is_nested(sample) for sample in self.samples)
        self.tell("looking for near duplicates")
        self.folds = divide(self.samples, self.settings.n_folds, self.settings.seed)
        n_mentions = sum(entity.span is not None for sample in self.samples for entity in sample.entities)
        n_planted = min(max(round(_SHARE_PLANTED * n_mentions), _MIN_PLANTED), _MAX_PLANTED)
        self.faults = list(self._plant(n_planted))
        self.habits = CorpusHabits(self.samples, self.folds, (), nested=self.nested)
        used = {entity.label for sample in self.samples for entity in sample.entities if entity.span}
        labels = [name for name in self.schema.names if name in used]
        self.tagger = CrossTagger(self.samples, labels, self.folds, self.habits)
        self.finder = CandidateFinder(labels, nested=self.nested)

    def _plant(self, n_of_kind: int) -> Iterator[PlantedFault]:
        """Plant in several rounds, as a round plants at most one fault in a sample."""
        n_left = n_of_kind
        for number in range(_MAX_ROUNDS_PLANTED):
            # Not the seed itself: faults that a test plants by it must not be those that are learned from.
            seed = self.settings.seed + 1_000_003 + number
            n_round = min(n_left, max(len(self.samples) // (2 * len(KINDS)), 1))
            yield from plant_faults(self.samples, n_round, seed, nested=self.nested)
            n_left -= n_round
            if n_left <= 0:
                return

    def tell(self, doing: str) -> None:
        if self.on_progress:
            self.on_progress(self.n_done, self.settings.n_folds + 3, doing)
        self.n_done += 1

    def read_all(self) -> Iterator[ReadSentence]:
        """Read each sentence, and the copies of it with planted faults."""
        n_folds = self.settings.n_folds
        self.tagger.prepare(
            self.settings.models,
            self.settings.n_rounds,
            self.settings.seed,
            lambda fold, doing: self.tell(f"fold {fold + 1} of {n_folds}: {doing}"),
        )
        self.tell("reading")
        planted: dict[int, list[PlantedFault]] = {}
        for fault in self.faults:
            planted.setdefault(fault.position, []).append(fault)
        for position, sample in enumerate(self.samples):
            if sample.text:
                sentences = self.tagger.sentence(position)
                known = list(self._known(position, sample.text))
                yield self._read(sentences, known, position, sample, None)
                for fault in planted.get(position, ()):
                    yield self._read(sentences, known, position, fault.sample, fault)

    def _read(
        self,
        sentences: Sequence[ChainSentence],
        known: Sequence[Entity],
        position: int,
        sample: Sample,
        fault: PlantedFault | None,
    ) -> ReadSentence:
        reading = CrfReading(sentences, len(sample.text), sample.entities)
        return ReadSentence(position, sample, fault, self.finder.find(sample, reading, known, fault))

    def _known(self, position: int, text: str) -> Iterator[Entity]:
        """Yield what a dictionary of the other sentences would label: surfaces that are mostly labelled."""
        habits = self.habits.without(position)
        found: dict[tuple[int, int], str] = {}
        for start, end in self.habits.find(text):
            surface = text[start:end]
            labels = sorted(self.habits.labels_of.get(surface, ()))
            counts = {label: habits.n_labelled(surface, label) for label in labels}
            if sum(counts.values()) > habits.n_bare(surface):
                found[start, end] = max(counts, key=lambda label: counts[label])
        for span in found if self.nested else leftmost_longest(found):
            yield Entity(found[span], text[slice(*span)], *span)


def _is_nested(sample: Sample) -> bool:
    spans = sorted(entity.span for entity in sample.entities if entity.span)
    return any(after[0] < before[1] for before, after in pairwise(spans))
