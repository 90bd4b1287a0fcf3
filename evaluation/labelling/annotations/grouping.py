"""What several annotators say of the same sentences, by sentence."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from nerforge.evaluation.labelling.annotations.annotation import Annotation, ReadingCounts
from nerforge.foundation.errors import UserError


@dataclass(slots=True)
class AnnotatedSentence:
    """A sentence with what each annotator says of it."""

    id: str
    text: str
    by_annotator: dict[str, Annotation] = field(default_factory=dict)
    """In the order of the files."""


def group_annotations(
    annotations: Iterable[Annotation], counts: ReadingCounts
) -> Mapping[str, AnnotatedSentence]:
    """Put the annotations of each sentence together; of several by one annotator the last counts.

    Args:
        annotations: In the order of the files.
        counts: Takes those that are replaced.

    Raises:
        UserError: two annotations of one id are of other texts, or there are none.
    """
    sentences: dict[str, AnnotatedSentence] = {}
    for one in annotations:
        sentence = sentences.setdefault(one.id, AnnotatedSentence(one.id, one.text))
        if sentence.text != one.text:
            first = next(iter(sentence.by_annotator.values()))
            raise UserError(
                f"{one.where}: id {one.id!r} has another text than at {first.where}; give each sentence an "
                "id of its own, or name only files that belong together"
            )
        if one.annotator in sentence.by_annotator:
            counts.add("annotation replaced by a later one of the same annotator", one.where)
        sentence.by_annotator[one.annotator] = one
    if not sentences:
        raise UserError("the files hold no annotation; label some tasks, then export again")
    return sentences


def annotators_of(sentences: Iterable[AnnotatedSentence]) -> Iterator[str]:
    """Yield each annotator once, in the order of the files."""
    yield from dict.fromkeys(name for sentence in sentences for name in sentence.by_annotator)
