"""What training shows for the errors of an answer: similar sentences, and how it labels their surfaces."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from nerforge.evaluation.error_causes.causes import surface_of
from nerforge.evaluation.error_causes.nearest_sentences import NearestSentences
from nerforge.evaluation.error_causes.training_sentences import TrainingSentence
from nerforge.evaluation.error_causes.training_uses import FoundUse, TrainingUses
from nerforge.evaluation.reading.wrong_samples import TrainingUse
from nerforge.templates.domain import Entity


class AnsweredSentence(NamedTuple):
    """A sentence with the entities of either side."""

    text: str
    gold: Sequence[Entity]
    predicted: Sequence[Entity]


class ShownNear(msgspec.Struct, frozen=True):
    """A similar sentence of training."""

    sentence: int
    """Its place in ``TrainingEvidence.sentences``."""
    similarity: float
    """Above 0 up to 1: see ``NearestSentences``."""


class ShownUse(msgspec.Struct, frozen=True):
    """How training treats a surface."""

    use: TrainingUse
    """In how many places it does what."""
    examples: dict[str, list[int]]
    """By what is done, ``longer``, ``shorter``, ``crossing`` or ``unlabelled``: the first sentences of
    training that do so, by their places in ``TrainingEvidence.sentences``."""
    labelled: dict[str, list[int]]
    """By label: the first sentences that label it so."""
    completed: dict[str, int]
    """By label: how often gold completes it as a value that the sentence does not say."""


class TrainingEvidence(msgspec.Struct, frozen=True):
    """What training shows for errors."""

    sentences: list[TrainingSentence]
    """The sentences of training that are named below, each once, in the order of training."""
    near: list[list[ShownNear]]
    """For each answered sentence those most like it, the most similar first; none for one without errors."""
    surfaces: dict[str, ShownUse]
    """Of each surface of an error, in the order of the sentences."""


def find_training_evidence(
    sentences: Sequence[AnsweredSentence],
    read_training: Callable[[], Iterable[TrainingSentence]],
    *,
    n_near: int = 3,
    n_examples: int = 3,
) -> TrainingEvidence:
    """Find the sentences of training that are like those with errors, and those with the same surfaces.

    An error is an entity that only one side has, and its surface is what the sentence says for it, or the
    value of one that the sentence does not say. Training is read twice and never held whole: the first time
    what is compared is kept, some 400 bytes a sentence of 40 characters, the second time what is shown.

    Args:
        sentences: All sentences with gold and answer; those without errors cost nothing.
        read_training: Gives the sentences of training gold, in the same order each time.
        n_near: Similar sentences of training that are shown for a sentence, at most; two with the same text
            and entities are shown as one.
        n_examples: Sentences of training that are shown for each use of a surface, at most.
    """
    wrong = [at for at, sentence in enumerate(sentences) if any(_errors(sentence))]
    surfaces = dict.fromkeys(
        surface_of(e, sentences[at].text) for at in wrong for e in _errors(sentences[at])
    )
    uses, nearest = TrainingUses(surfaces), NearestSentences()
    examples = _Examples(n_examples)
    for number, row in enumerate(read_training()):
        nearest.add(row.text, hash((row.text, tuple(row.entities))))
        for use in uses.add(row.text, row.entities):
            examples.add(use, number)
    near = dict(zip(wrong, nearest.find([sentences[at].text for at in wrong], n_near), strict=True))
    named = examples.numbers() | {one.number for found in near.values() for one in found}
    shown = {number: row for number, row in enumerate(read_training()) if number in named}
    place = {number: at for at, number in enumerate(shown)}
    return TrainingEvidence(
        list(shown.values()),
        [
            [ShownNear(place[one.number], one.similarity) for one in near.get(at, ())]
            for at in range(len(sentences))
        ],
        {surface: examples.shown(surface, uses, place) for surface in surfaces},
    )


def _errors(sentence: AnsweredSentence) -> Iterator[Entity]:
    """Give the entities that one side has more often than the other."""
    gold, predicted = Counter(sentence.gold), Counter(sentence.predicted)
    yield from gold - predicted
    yield from predicted - gold


class _Examples:
    """The first sentences of training for each use of each surface."""

    def __init__(self, n_examples: int) -> None:
        self._n_examples = n_examples
        self._numbers: defaultdict[str, dict[tuple[str, bool], list[int]]] = defaultdict(dict)
        """By surface, then by label (with True) or kind of use."""

    def add(self, found: FoundUse, number: int) -> None:
        """Note a sentence."""
        for use in [(label, True) for label in found.labels] or [(found.kind, False)]:
            numbers = self._numbers[found.surface].setdefault(use, [])
            if len(numbers) < self._n_examples and number not in numbers:
                numbers.append(number)

    def numbers(self) -> set[int]:
        """Give all sentences that were noted."""
        return {number for uses in self._numbers.values() for found in uses.values() for number in found}

    def shown(self, surface: str, uses: TrainingUses, place: Mapping[int, int]) -> ShownUse:
        """Give what is shown of a surface."""
        examples: dict[str, list[int]] = {}
        labelled: dict[str, list[int]] = {}
        for (name, is_label), numbers in sorted(self._numbers.get(surface, {}).items()):
            (labelled if is_label else examples)[name] = [place[number] for number in numbers]
        return ShownUse(uses.of(surface), examples, labelled, uses.completed(surface))
