"""Folds: near duplicates stay together, and nothing is lost."""

from collections import Counter

from nerforge.evaluation.audit.text_folds import divide
from nerforge.templates.domain import Sample

NEAR = ("昨天下午总经理张伟从上海出发前往青岛出席会议", "昨天下午总经理张伟从上海出发前往青岛出席会议。")


def test_near_duplicates_share_a_fold() -> None:
    texts = [*NEAR, NEAR[0], *(f"{n}号楼的居民{n * 7919}反映{n * 104729}电梯坏了" for n in range(40))]
    samples = [Sample(str(n), text) for n, text in enumerate(texts)]
    folds = divide(samples, 4, 0)
    assert len({folds.group[n] for n in range(3)}) == 1
    assert len({folds.fold[n] for n in range(3)}) == 1
    assert sorted(n for members in folds.members.values() for n in members) == [*range(len(samples))]
    sizes = Counter(folds.fold)
    assert len(sizes) == 4
    assert max(sizes.values()) - min(sizes.values()) <= 3


def test_a_corpus_of_likenesses_is_still_divided() -> None:
    samples = [Sample(str(n), f"{'一模一样的句子' * 20}{n}") for n in range(40)]
    folds = divide(samples, 4, 0)
    assert len(set(folds.fold)) == 4
    assert folds == divide(samples, 4, 0)
