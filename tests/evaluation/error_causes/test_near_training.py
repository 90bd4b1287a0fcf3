"""A training sentence that is nearly the same and has other gold explains an error."""

import pytest

from nerforge.evaluation.reading.scored_samples import ScoredSample
from tests.evaluation.error_causes.explained import answered, explained, said, trained

TEXT = "昨天下午张伟教授在上海参加了第二届国际计算语言学会议"
TWIN = f"{TEXT}。"
WANG, CITY = said(TEXT, "PER", "张伟"), said(TEXT, "GPE", "上海")


def found(row: ScoredSample, *twins: tuple[str, tuple[tuple[str, str], ...]]) -> list[tuple[str, object]]:
    training = [
        trained(text, *(said(text, *entity) for entity in entities), name=f"t{n}")
        for n, (text, entities) in enumerate(twins)
    ]
    (sample,) = explained([row], training).errors
    assert isinstance(sample.causes, list)
    return [(cause.cause, cause.near) for cause in sample.causes]


def test_a_twin_that_lacks_what_was_missed_explains_it() -> None:
    row = answered(TEXT, [WANG, CITY], [CITY])
    assert found(row, (TWIN, (("GPE", "上海"),))) == [("near_duplicate", "t0")]


def test_a_twin_that_has_what_was_predicted_explains_it() -> None:
    row = answered(TEXT, [CITY], [WANG, CITY])
    assert found(row, (TWIN, (("PER", "张伟"), ("GPE", "上海")))) == [("near_duplicate", "t0")]


def test_a_twin_with_another_label_explains_a_pair() -> None:
    row = answered(TEXT, [CITY], [said(TEXT, "ORG", "上海")])
    assert found(row, (TWIN, (("ORG", "上海"),))) == [("near_duplicate", "t0")]


@pytest.mark.parametrize(
    "twin",
    [
        (TWIN, (("PER", "张伟"), ("GPE", "上海"))),
        (TEXT.replace("张伟", "李雷"), (("GPE", "上海"),)),
        ("昨天下午张伟来了", (("GPE", "昨天"),)),
    ],
    ids=["with the same gold", "without the surface", "that is not near"],
)
def test_another_sentence_does_not(twin: tuple[str, tuple[tuple[str, str], ...]]) -> None:
    row = answered(TEXT, [WANG, CITY], [CITY])
    assert [cause for cause, _ in found(row, twin)] != ["near_duplicate"]


def test_the_same_sentence_is_a_near_duplicate_too_and_the_most_similar_one_is_named() -> None:
    row = answered(TEXT, [WANG, CITY], [CITY])
    twins = ((TWIN, ()), (TEXT, ()), (TEXT, ()))
    assert found(row, *twins) == [("near_duplicate", "t1")]
