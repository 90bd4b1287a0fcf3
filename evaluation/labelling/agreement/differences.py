"""Where annotators differ: the sentences with most differences, and labels that are taken for each other."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations, product

from nerforge.evaluation.labelling.agreement.agreement_schema import Difference, LabelConfusion, SaidBy
from nerforge.evaluation.labelling.annotations.grouping import AnnotatedSentence
from nerforge.templates.domain import Entity


def find_differences(sentences: Sequence[AnnotatedSentence], n: int) -> list[Difference]:
    """Give the sentences on which annotators differ most, by the number of entities, then by id."""
    ranked = [(count, sentence) for sentence in sentences if (count := _n_differences(sentence))]
    ranked.sort(key=lambda both: (-both[0], both[1].id))
    return [_difference(sentence, count) for count, sentence in ranked[:n]]


def find_confusions(sentences: Sequence[AnnotatedSentence]) -> list[LabelConfusion]:
    """Count labels that two annotators gave the same span, where neither gave it the other's."""
    counts: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        for one, other in combinations(sentence.by_annotator.values(), 2):
            first, second = _by_span(one.entities), _by_span(other.entities)
            for span in first.keys() & second.keys():
                only = first[span] - second[span], second[span] - first[span]
                counts.update((min(pair), max(pair)) for pair in product(*only))
    ordered = sorted(counts.items(), key=lambda found: (-found[1], found[0]))
    return [LabelConfusion(labels, n) for labels, n in ordered]


def _by_span(entities: Sequence[Entity]) -> dict[tuple[int, int], set[str]]:
    found: dict[tuple[int, int], set[str]] = {}
    for entity in entities:
        if entity.span:
            found.setdefault(entity.span, set()).add(entity.label)
    return found


def _n_differences(sentence: AnnotatedSentence) -> int:
    said = [frozenset(one.entities) for one in sentence.by_annotator.values()]
    return sum(len(one ^ other) for one, other in combinations(said, 2))


def _difference(sentence: AnnotatedSentence, n: int) -> Difference:
    names = sorted(sentence.by_annotator)
    said_by: dict[Entity, list[str]] = {}
    for name in names:
        for entity in dict.fromkeys(sentence.by_annotator[name].entities):
            said_by.setdefault(entity, []).append(name)
    differing = [entity for entity, by in said_by.items() if len(by) < len(names)]
    differing.sort(key=lambda e: (e.start is None, e.start or 0, -(e.end or 0), e.label, e.text))
    entities = [SaidBy(e.label, e.text, e.start, e.end, said_by[e]) for e in differing]
    return Difference(sentence.id, sentence.text, names, n, entities)
