"""The audit: cross-prediction, habits, near duplicates and predictions, weighed by planted faults."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.audit.candidates import Candidate, CandidateFinder, place_of
from nerforge.evaluation.audit.chain_reading import ChainSentence
from nerforge.evaluation.audit.character_habits import CharacterLikelihood
from nerforge.evaluation.audit.corpus_habits import CorpusHabits
from nerforge.evaluation.audit.cross_tagging import CrossTagger
from nerforge.evaluation.audit.evidence import Prediction, WeighedEvidence, gather
from nerforge.evaluation.audit.fault_model import PRIOR, FaultModel
from nerforge.evaluation.audit.fault_planting import PlantedFault, plant_faults
from nerforge.evaluation.audit.findings import KINDS, Finding
from nerforge.evaluation.audit.rarity import Rarity
from nerforge.evaluation.audit.reasons import reason_of
from nerforge.evaluation.audit.sentence_reading import CrfReading, Place
from nerforge.evaluation.audit.text_folds import TextFolds, divide
from nerforge.evaluation.audit.text_ties import SentenceTies
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
_LEAST_DOUBT = 1e-9


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


class _Sentence(NamedTuple):
    """A sentence of the corpus, or a copy of it with a planted fault."""

    position: int
    sample: Sample
    fault: PlantedFault | None
    candidates: list[Candidate]


class _Weighed(NamedTuple):
    position: int
    evidence: WeighedEvidence


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
    found = _Weighing(audit, sentences, predictions)
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
    ties: SentenceTies = field(init=False)
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
        self.ties = SentenceTies([sample.text for sample in self.samples])

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

    def read_all(self) -> Iterator[_Sentence]:
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
    ) -> _Sentence:
        reading = CrfReading(sentences, len(sample.text), sample.entities)
        return _Sentence(position, sample, fault, self.finder.find(sample, reading, known, fault))

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


class _Weighing:
    """Learns from the planted faults what evidence is worth, and ranks the candidates of the corpus."""

    def __init__(
        self, audit: _Audit, sentences: Sequence[_Sentence], predictions: Sequence[Mapping[str, Prediction]]
    ) -> None:
        self._audit = audit
        self._predictions = predictions
        # Now that it is known what may be an entity, it is counted how often that is left alone.
        self._habits = CorpusHabits(audit.samples, audit.folds, _surfaces_of(sentences), nested=audit.nested)
        self._likelihood = CharacterLikelihood(audit.samples, audit.folds)
        self._rarity = Rarity(
            candidate for sentence in sentences if sentence.fault is None for candidate in sentence.candidates
        )
        self._found: dict[str, list[_Weighed]] = {kind: [] for kind in KINDS}
        faults: dict[str, list[Sequence[float]]] = {kind: [] for kind in KINDS}
        others: dict[str, list[Sequence[float]]] = {kind: [] for kind in KINDS}
        for sentence in sentences:
            for one in self._weigh(sentence):
                kind, values = one.evidence.candidate.kind, one.evidence.values
                if sentence.fault is None:
                    self._found[kind].append(one)
                    others[kind].append(values)
                elif _undoes(one.evidence.candidate, sentence.fault):
                    faults[kind].append(values)
        n_mentions = sum(entity.span is not None for x in audit.samples for entity in x.entities)
        n_expected = PRIOR / len(KINDS) * n_mentions
        self.models = {kind: FaultModel(faults[kind], others[kind], n_expected) for kind in KINDS}

    def _weigh(self, sentence: _Sentence) -> Iterator[_Weighed]:
        position, sample = sentence.position, sentence.sample
        habits = self._habits.without(position)
        members = self._audit.folds.members[self._audit.folds.group[position]]
        twins = [self._audit.samples[n] for n in members if n != position]
        predicted = [x[sample.id] for x in self._predictions if sample.id in x]
        ties = self._audit.ties.of(position)
        for candidate in sentence.candidates:
            yield _Weighed(
                position,
                gather(
                    sample,
                    candidate,
                    habits,
                    twins,
                    predicted,
                    ties,
                    self._rarity.of(candidate),
                    self._chars(position, candidate),
                ),
            )

    def _chars(self, position: int, candidate: Candidate) -> tuple[float, float]:
        new = self._likelihood.of(position, candidate.proposed)
        old = self._likelihood.of(position, candidate.gold)
        return new[0] - old[0], new[1] - old[1]

    def findings(self) -> list[Finding]:
        """Rank mentions, each with its likeliest candidate, and missing ones, the likeliest at a place."""
        scored = list(_by_mention(self._scored()))
        scored.sort(key=lambda x: (-x[0], x[1].position, _place(x[1].evidence.candidate)))
        taken: dict[int, list[Entity]] = {}
        findings: list[Finding] = []
        for score, one in scored:
            candidate = one.evidence.candidate
            about = candidate.gold or candidate.proposed
            assert about is not None
            earlier = taken.setdefault(one.position, [])
            if any(self._is_same(about, x) for x in earlier):
                continue
            earlier.append(about)
            sample = self._audit.samples[one.position]
            reason = reason_of(sample, one.evidence)
            proposed = candidate.proposed
            findings.append(
                Finding(sample.id, len(findings) + 1, score, candidate.kind, reason, candidate.gold, proposed)
            )
        return findings

    def _scored(self) -> Iterator[tuple[float, _Weighed]]:
        for kind, found in self._found.items():
            scores = self.models[kind].scores([one.evidence.values for one in found])
            yield from zip(scores.tolist(), found, strict=True)

    def _is_same(self, one: Entity, other: Entity) -> bool:
        if self._audit.nested and one.label != other.label:
            return False
        assert one.start is not None and one.end is not None
        assert other.start is not None and other.end is not None
        if self._audit.nested:
            return one == other
        return one.start < other.end and other.start < one.end


def _by_mention(scored: Iterable[tuple[float, _Weighed]]) -> Iterator[tuple[float, _Weighed]]:
    """Give each mention its likeliest candidate, and how likely it is that one of any kind is right.

    A mention has one fault at most, so the odds of kinds add up; of a kind, the likeliest candidate counts.
    """
    best: dict[tuple[int, Place], dict[str, tuple[float, _Weighed]]] = {}
    for score, one in scored:
        candidate = one.evidence.candidate
        if candidate.gold is None:
            yield score, one
            continue
        of_kind = best.setdefault((one.position, place_of(candidate.gold)), {})
        if candidate.kind not in of_kind or score > of_kind[candidate.kind][0]:
            of_kind[candidate.kind] = score, one
    for of_kind in best.values():
        odds = sum(score / max(1 - score, _LEAST_DOUBT) for score, _ in of_kind.values())
        _, likeliest = max(of_kind.values(), key=lambda x: x[0])
        yield odds / (1 + odds), likeliest


def _surfaces_of(sentences: Sequence[_Sentence]) -> set[str]:
    return {
        sentence.sample.text[entity.start : entity.end]
        for sentence in sentences
        for candidate in sentence.candidates
        for entity in (candidate.gold, candidate.proposed)
        if entity is not None
    }


def _undoes(candidate: Candidate, fault: PlantedFault) -> bool:
    return _said(candidate.gold) == _said(fault.planted) and _said(candidate.proposed) == _said(fault.right)


def _said(entity: Entity | None) -> object:
    return None if entity is None else (entity.label, entity.span)


def _place(candidate: Candidate) -> tuple[int, int, str, int, int, str]:
    gold, proposed = candidate.gold, candidate.proposed
    first, second = (Entity("-", "-", 0, 1) if x is None else x for x in (gold, proposed))
    return (first.start or 0, first.end or 0, first.label, second.start or 0, second.end or 0, second.label)


def _is_nested(sample: Sample) -> bool:
    spans = sorted(entity.span for entity in sample.entities if entity.span)
    return any(after[0] < before[1] for before, after in pairwise(spans))
