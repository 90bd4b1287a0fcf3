"""Make one gold of what several annotators say."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nerforge.evaluation.labelling.annotations.annotation import Annotation
from nerforge.evaluation.labelling.annotations.grouping import AnnotatedSentence
from nerforge.evaluation.labelling.tasks.label_tasks import ANNOTATORS
from nerforge.foundation.errors import unknown_name
from nerforge.templates.domain import Entity, Sample, in_reading_order


@dataclass(slots=True)
class ResolvingCounts:
    """What became of sentences and entities."""

    sentences: int = 0
    by_several: int = 0
    """Sentences that several annotators labelled."""
    differing: int = 0
    """Those of them on which they do not say the same."""
    kept: int = 0
    """Sentences of gold."""
    dropped_sentences: int = 0
    entities: int = 0
    """Of gold."""
    dropped_entities: int = 0
    """Different entities that somebody named and gold does not have, of sentences that were kept."""
    ties: int = 0
    """Those of them that just half of the annotators named."""


def resolve(sentences: Iterable[AnnotatedSentence], rule: str, counts: ResolvingCounts) -> Iterator[Sample]:
    """Yield a sample for each sentence, with the names of its annotators in ``meta``.

    Args:
        sentences: In the order of gold.
        rule: ``majority`` keeps an entity that more than half of a sentence's annotators name, with label,
            span and value; ``agree`` keeps the sentences on which all say the same; ``first`` keeps what the
            first annotator of a sentence says, in the order of the files.
        counts: Takes what is dropped.

    Raises:
        UsageError: there is no such rule.
    """
    if rule not in RULES:
        raise unknown_name("--resolve", rule, RULES)
    for sentence in sentences:
        said = list(sentence.by_annotator.values())
        differs = len({frozenset(one.entities) for one in said}) > 1
        counts.sentences += 1
        counts.by_several += len(said) > 1
        counts.differing += differs
        if rule == "agree" and differs:
            counts.dropped_sentences += 1
            continue
        entities = RULES[rule](said, counts)
        counts.kept += 1
        counts.entities += len(entities)
        counts.dropped_entities += len({entity for one in said for entity in one.entities} - {*entities})
        # Metadata is the task's, and so the same for all; what an annotator added is the first one's.
        meta = {key: value for one in reversed(said) for key, value in one.meta.items()}
        yield Sample(sentence.id, sentence.text, entities, {**meta, ANNOTATORS: list(sentence.by_annotator)})


def _first(said: list[Annotation], _counts: ResolvingCounts) -> tuple[Entity, ...]:
    return said[0].entities


def _majority(said: list[Annotation], counts: ResolvingCounts) -> tuple[Entity, ...]:
    votes = Counter(entity for one in said for entity in dict.fromkeys(one.entities))
    counts.ties += sum(2 * n == len(said) for n in votes.values())
    if len(said) == 1:
        return said[0].entities
    return _in_order([entity for entity, n in votes.items() if 2 * n > len(said)], said)


def _in_order(entities: list[Entity], said: list[Annotation]) -> tuple[Entity, ...]:
    """Sort mentions as they are read; one without a mention stays before what follows it in an annotation."""
    wanted = {*entities}
    ordered = dict.fromkeys(entity for one in said for entity in one.entities if entity in wanted)
    return in_reading_order(ordered)


RULES: dict[str, Callable[[list[Annotation], ResolvingCounts], tuple[Entity, ...]]] = {
    "majority": _majority,
    "agree": _first,
    "first": _first,
}
"""By name."""
