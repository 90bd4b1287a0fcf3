"""What the CRFs of an audit see: a row a character, and nothing of a sentence's own gold."""

import numpy as np

from nerforge.evaluation.audit.chain_features import corpus_features
from nerforge.evaluation.audit.corpus_habits import CorpusHabits
from nerforge.evaluation.audit.text_folds import divide
from nerforge.evaluation.audit.text_ties import SentenceTies
from nerforge.templates.domain import Entity, Sample


def features(samples: list[Sample]) -> np.ndarray:
    habits = CorpusHabits(samples, divide(samples, 2, 0), (), nested=False)
    found: np.ndarray = corpus_features(samples, ["PER", "GPE"], habits).toarray()
    return found


def sample(name: str, text: str, *spans: tuple[str, int, int]) -> Sample:
    return Sample(name, text, tuple(Entity(label, text[a:b], a, b) for label, a, b in spans))


TEXTS = ("昨天张伟从上海回来", "上海今年下了大雪", "李娜说她爱看电影", "Mary met Tom in 1998")


def test_each_character_has_a_row_even_if_it_is_one_of_edges_or_half_a_pair() -> None:
    samples = [sample(str(n), text) for n, text in enumerate((*TEXTS, "", "a\0b", "\ud83d坏了"))]
    assert features(samples).shape[0] == sum(len(x.text) for x in samples)


def test_a_sentence_does_not_see_its_own_gold() -> None:
    plain = [sample(str(n), text) for n, text in enumerate(TEXTS)]
    one = [sample("0", TEXTS[0], ("PER", 2, 4)), *plain[1:]]
    assert (features(plain) == features(one)).all()


def test_a_sentence_sees_what_another_one_labels() -> None:
    plain = [sample(str(n), text) for n, text in enumerate(TEXTS)]
    one = [sample("0", TEXTS[0], ("GPE", 5, 7)), *plain[1:]]
    before, after = features(plain), features(one)
    n_first = len(TEXTS[0])
    # Features that occur once are dropped, so those of 上海 show in the number of columns at most.
    assert before.shape[0] == after.shape[0]
    assert (before[:n_first].sum(axis=1) == after[:n_first].sum(axis=1)).all()


def test_characters_that_stand_together_are_tied_closer() -> None:
    texts = ["葡萄很甜", "葡萄不甜", "他买葡萄", "很贵的车", "车不好看"]
    ties = SentenceTies(texts).of(0)
    assert ties.at(1) > ties.at(2)
    assert ties.at(0) == ties.at(4) < ties.at(2)
