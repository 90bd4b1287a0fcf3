"""Training sentences that are nearly those of errors, and have other gold for what is wrong there."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from nerforge.evaluation.error_analysis.wrong_pairs import WrongPair
from nerforge.evaluation.error_causes.causes import surface_of
from nerforge.generators.corpora.splitting.minhash_index import (
    Bands,
    HeldOutText,
    SimilarityIndex,
    Sketch,
    jaccard,
    n_grams,
)
from nerforge.generators.corpora.splitting.near_duplicates import THRESHOLD
from nerforge.templates.domain import Entity

_MAX_NEAR = 20
"""Training sentences that one sentence is held against, at most."""
_MAX_COMPARED = 50
"""Sentences that one of training is compared with, at most: generated sentences may all be alike."""
Said = Counter[tuple[str, str]]
"""How often a sentence's gold has a surface with a label."""


class OpenErrors(NamedTuple):
    """A wrong sentence and those of its errors that have no cause yet."""

    text: str
    gold: Sequence[Entity]
    pairs: Mapping[int, WrongPair]
    """By their place among the errors of the sentence."""


class NearTraining:
    """Finds for each error the most similar training sentence that contradicts gold."""

    def __init__(self, sentences: Sequence[OpenErrors]) -> None:
        """Index the sentences; the same text may occur several times."""
        self._sentences = sentences
        self._of_text: dict[str, list[int]] = {}
        for number, sentence in enumerate(sentences):
            self._of_text.setdefault(sentence.text, []).append(number)
        self._bands = Bands.at(THRESHOLD)
        # In the order of the texts, so that the order of the samples changes nothing.
        texts = [HeldOutText("", text, b"") for text in sorted(self._of_text)]
        self._index = SimilarityIndex(texts, self._bands)
        self._n_near: Counter[int] = Counter()
        self._turn = 0
        self._best: dict[tuple[int, int], tuple[float, str]] = {}

    def add(self, row_id: str, text: str, entities: Sequence[Entity]) -> None:
        """Hold a training sentence against those that it resembles."""
        sketch = Sketch.of(text, self._bands)
        candidates, _ = self._index.candidates(sketch, self._turn)
        self._turn += 1
        if not candidates:
            return
        grams = frozenset(n_grams(sketch.bare).tolist())
        said = _said(text, entities)
        for number in [n for n in candidates if self._n_near[n] < _MAX_NEAR][:_MAX_COMPARED]:
            others = self._index.grams(number).tolist()
            similarity = jaccard(len(grams.intersection(others)), len(grams), len(others))
            if similarity >= THRESHOLD:
                self._n_near[number] += 1
                self._hold(number, similarity, row_id, text, said)

    def _hold(self, number: int, similarity: float, row_id: str, text: str, said: Said) -> None:
        for place in self._of_text[self._index.texts[number].text]:
            sentence = self._sentences[place]
            own = _said(sentence.text, sentence.gold)
            for error, pair in sentence.pairs.items():
                if not _contradicts(pair, sentence.text, own, text, said):
                    continue
                # The most similar one; of equally similar ones the first id.
                found = -similarity, row_id
                self._best[place, error] = min(found, self._best.get((place, error), found))

    def of(self, sentence: int, error: int) -> str | None:
        """Give the id of the training sentence that contradicts gold in an error."""
        found = self._best.get((sentence, error))
        return None if found is None else found[1]


def _contradicts(pair: WrongPair, text: str, own: Said, other_text: str, other: Said) -> bool:
    """Tell whether another sentence's gold lacks what was missed, or has what was predicted."""
    gold, predicted = pair
    if gold is not None:
        surface = surface_of(gold, text)
        key = surface, gold.label
        if other[key] < own[key] and other_text.count(surface) >= text.count(surface):
            return True
    if predicted is None:
        return False
    key = surface_of(predicted, text), predicted.label
    return other[key] > own[key]


def _said(text: str, entities: Iterable[Entity]) -> Said:
    return Counter((surface_of(entity, text), entity.label) for entity in entities)
