"""Duplicates within splits and leaks between them, compared with a count of all pairs."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.data_facts.opened_data import DataSample
from nerforge.generators.data_facts.text_twins import find_twins
from nerforge.templates.domain import Entity, Sample

SPLITS = ("train", "dev", "test")


def sample(split: str, text: str, *entities: Entity) -> DataSample:
    return DataSample(split, Sample("x", text, entities))


def texts_in(rows: Sequence[tuple[str, str]]) -> list[DataSample]:
    return [sample(split, text) for split, text in rows]


@given(st.lists(st.tuples(st.sampled_from(SPLITS), st.sampled_from(["甲", "乙丙", "丁戊己"])), max_size=8))
def test_exact_twins_are_those_of_a_comparison_of_all_pairs(rows: list[tuple[str, str]]) -> None:
    found = find_twins(texts_in(rows), SPLITS)
    for place, (_, text) in enumerate(rows):
        others = [other for at, other in enumerate(rows) if at != place and other[1] == text]
        assert found.exact[place] == sum({1 << SPLITS.index(split) for split, _ in others})
        same = [at for at, other in enumerate(rows) if other[1] == text]
        assert found.group[place] == (same[0] if len(same) > 1 else -1)


def test_near_twins_are_named_with_their_similarity_and_exact_ones_are_not_near() -> None:
    text = "今天上午我们在济南大明湖边看见了很多来自各地的游客"
    near = text.replace("游客", "旅客")
    found = find_twins(texts_in([("train", text), ("test", near), ("test", text), ("dev", "别的话")]), SPLITS)
    assert found.exact == [0b100, 0, 0b001, 0]
    # Of the first, test holds an exact twin too, so that is no near one; of the third, its own split none.
    assert found.near == [0, 0b101, 0b100, 0]
    assert [twin.row for twin in found.similar[1]] == [0]
    grams = [{x[i : i + 3] for i in range(len(x) - 2)} for x in (text, near)]
    assert found.similar[1][0].similarity == len(grams[0] & grams[1]) / len(grams[0] | grams[1])


def test_white_space_alone_makes_sentences_near() -> None:
    found = find_twins(texts_in([("train", "王芳在济南工作"), ("test", "王芳 在济南 工作")]), SPLITS)
    assert found.near == [0b100, 0b001]
    assert found.similar[0][0].similarity == 1


def test_the_same_sentence_with_other_gold_contradicts_itself() -> None:
    mention = Entity("PER", "王芳", 0, 2)
    rows = [sample("train", "王芳来"), sample("dev", "王芳来", mention), sample("dev", "李明来")]
    assert find_twins(rows, SPLITS).is_contradicted == [True, True, False]


def test_another_order_of_entities_is_no_contradiction() -> None:
    one, other = Entity("PER", "王芳", 0, 2), Entity("GPE", "济南", 3, 5)
    rows = [sample("train", "王芳在济南", one, other), sample("dev", "王芳在济南", other, one)]
    assert find_twins(rows, SPLITS).is_contradicted == [False, False]


def test_another_class_of_the_same_text_is_a_contradiction() -> None:
    rows = [DataSample("train", Sample("a", "天气"), label) for label in ("体育", "经济")]
    assert find_twins(rows, SPLITS).is_contradicted == [True, True]
