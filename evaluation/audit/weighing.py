"""Weighs the evidence of all candidates of a corpus, and ranks them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from nerforge.evaluation.audit.candidates import Candidate, place_of
from nerforge.evaluation.audit.character_habits import CharacterLikelihood
from nerforge.evaluation.audit.corpus_habits import CorpusHabits
from nerforge.evaluation.audit.evidence import Prediction, WeighedEvidence, gather
from nerforge.evaluation.audit.fault_model import PRIOR, FaultModel
from nerforge.evaluation.audit.fault_planting import PlantedFault
from nerforge.evaluation.audit.findings import KINDS, Finding
from nerforge.evaluation.audit.rarity import Rarity
from nerforge.evaluation.audit.reasons import reason_of
from nerforge.evaluation.audit.sentence_reading import Place
from nerforge.evaluation.audit.text_folds import TextFolds
from nerforge.evaluation.audit.text_ties import SentenceTies
from nerforge.templates.domain import Entity, Sample

_LEAST_DOUBT = 1e-9


class ReadSentence(NamedTuple):
    """A sentence of the corpus, or a copy of it with a planted fault, as CRFs read it."""

    position: int
    sample: Sample
    fault: PlantedFault | None
    candidates: list[Candidate]


class _Weighed(NamedTuple):
    position: int
    evidence: WeighedEvidence


class Weighing:
    """Learns from the planted faults what evidence is worth, and ranks the candidates of the corpus."""

    def __init__(
        self,
        samples: Sequence[Sample],
        folds: TextFolds,
        sentences: Sequence[ReadSentence],
        predictions: Sequence[Mapping[str, Prediction]],
        *,
        nested: bool,
    ) -> None:
        """Learn.

        Args:
            samples: Gold.
            folds: Which samples are near duplicates.
            sentences: All of them, and copies with planted faults.
            predictions: Of each model what it predicted, by sample id.
            nested: Whether entities may lie in one another.
        """
        self._samples, self._folds, self._predictions, self._nested = samples, folds, predictions, nested
        # Now that it is known what may be an entity, it is counted how often that is left alone.
        self._habits = CorpusHabits(samples, folds, _surfaces_of(sentences), nested=nested)
        self._ties = SentenceTies([sample.text for sample in samples])
        self._likelihood = CharacterLikelihood(samples, folds)
        self._rarity = Rarity(
            candidate for sentence in sentences if sentence.fault is None for candidate in sentence.candidates
        )
        self._found: dict[str, list[_Weighed]] = {kind: [] for kind in KINDS}
        faults: dict[str, list[Sequence[float]]] = {kind: [] for kind in KINDS}
        for sentence in sentences:
            for one in self._weigh(sentence):
                kind = one.evidence.candidate.kind
                if sentence.fault is None:
                    self._found[kind].append(one)
                elif _undoes(one.evidence.candidate, sentence.fault):
                    faults[kind].append(one.evidence.values)
        n_mentions = sum(entity.span is not None for x in samples for entity in x.entities)
        n_expected = PRIOR / len(KINDS) * n_mentions
        self.models = {kind: FaultModel(faults[kind], self._values(kind), n_expected) for kind in KINDS}
        """Of each kind, what the evidence is worth."""

    def _values(self, kind: str) -> list[Sequence[float]]:
        return [one.evidence.values for one in self._found[kind]]

    def _weigh(self, sentence: ReadSentence) -> Iterator[_Weighed]:
        position, sample = sentence.position, sentence.sample
        habits = self._habits.without(position)
        members = self._folds.members[self._folds.group[position]]
        twins = [self._samples[n] for n in members if n != position]
        predicted = [x[sample.id] for x in self._predictions if sample.id in x]
        ties = self._ties.of(position)
        for candidate in sentence.candidates:
            rarity, chars = self._rarity.of(candidate), self._chars(position, candidate)
            yield _Weighed(position, gather(sample, candidate, habits, twins, predicted, ties, rarity, chars))

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
            sample = self._samples[one.position]
            reason = reason_of(sample, one.evidence)
            proposed = candidate.proposed
            findings.append(
                Finding(sample.id, len(findings) + 1, score, candidate.kind, reason, candidate.gold, proposed)
            )
        return findings

    def _scored(self) -> Iterator[tuple[float, _Weighed]]:
        for kind, found in self._found.items():
            scores = self.models[kind].scores(self._values(kind))
            yield from zip(scores.tolist(), found, strict=True)

    def _is_same(self, one: Entity, other: Entity) -> bool:
        if self._nested and one.label != other.label:
            return False
        assert one.start is not None and one.end is not None
        assert other.start is not None and other.end is not None
        if self._nested:
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


def _surfaces_of(sentences: Sequence[ReadSentence]) -> set[str]:
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
