"""Tokens become one number an entity, and one for what was not named."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.confidence.folding import TokenMap, fold_confidences
from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.reading.joining import join_pieces
from nerforge.evaluation.reading.scored_samples import read_answers
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Answer, Sample
from nerforge.templates.tasks import load_task

SCHEMA = load_task("ccfbdci").schema
TEXT = "李明在北京，又回北京。"
XML = "<人名>李明</人名>在<地理实体>北京</地理实体>，又回北京。"


def tokens(*pieces: tuple[str, float], stop: float | None = -0.5) -> tuple[str, TokenLogprobs]:
    text = "".join(piece for piece, _ in pieces)
    return text, TokenLogprobs([len(piece.encode()) for piece, _ in pieces], [p for _, p in pieces], stop)


def read(text: str, sentence: str = TEXT, name: str = "xml") -> Answer:
    return load_format(name).decode(text, sentence, SCHEMA)


def test_an_entity_is_the_mean_of_its_tokens_and_the_rest_is_the_product_of_the_others() -> None:
    text, logprobs = tokens(
        ("<人", -1.0),
        ("名>李", -2.0),
        ("明</人名", -4.0),
        (">在", -8.0),
        ("<地理实体>北京</地理实体>", -16.0),
        ("，又回北京。", -32.0),
    )
    assert text == XML
    found = fold_confidences(read(text), text, SCHEMA, logprobs)
    # ">在" lies on the border, so it is the entity's; nobody else has it.
    assert found.entities == pytest.approx((math.exp(-15 / 4), math.exp(-16)))
    assert found.completeness == pytest.approx(math.exp(-32.5))


def test_two_mentions_of_a_name_have_numbers_of_their_own() -> None:
    text, logprobs = tokens(
        ("李明在<地理实体>北京</地理实体>", -0.25), ("，又回<地理实体>北京</地理实体>。", -2.0)
    )
    found = fold_confidences(read(text), text, SCHEMA, logprobs)
    assert found.entities == pytest.approx((math.exp(-0.25), math.exp(-2)))


def test_a_label_that_heads_a_list_counts_for_all_its_values() -> None:
    text, logprobs = tokens(
        ('{"', -0.125),
        ("地理实体", -1.0),
        ('": ["北京', -2.0),
        ('", "', -4.0),
        ('北京"', -8.0),
        ("]}", -16.0),
    )
    answer = read(text, name="grouped")
    assert [entity.start for entity in answer.entities] == [3, 8]
    found = fold_confidences(answer, text, SCHEMA, logprobs)
    assert found.entities == pytest.approx((math.exp(-7 / 3), math.exp(-29 / 4)))


@given(st.data())
def test_no_token_is_lost_however_the_answer_is_cut(data: st.DataObject) -> None:
    size = len(XML.encode())
    cuts = sorted(data.draw(st.sets(st.integers(1, size - 1), max_size=20)))
    lengths = [end - start for start, end in pairwise([0, *cuts, size])]
    values = [-(2.0**-n) for n in range(len(lengths))]
    logprobs = TokenLogprobs(lengths, values, 0.0)
    found = fold_confidences(read(XML), XML, SCHEMA, logprobs)
    assert None not in found.entities and found.completeness is not None
    whole = math.exp(sum(values))
    # Of an answer all of whose tokens are sure, so is everything; of the others only what they wrote.
    assert whole <= found.completeness <= 1
    assert all(score is not None and min(values) <= math.log(score) <= 0 for score in found.entities)
    in_map = {n for at in range(len(XML)) for n in TokenMap(XML, logprobs).within((at, at + 1))}
    assert in_map == set(range(len(lengths)))


def test_a_token_without_characters_belongs_to_those_behind_it() -> None:
    laid = TokenMap("ab", TokenLogprobs([1, 0, 0, 1, 0], [-1.0] * 5))
    assert list(laid.within((0, 1))) == [0]
    assert list(laid.within((1, 2))) == [1, 2, 3]


def test_a_character_of_several_tokens_has_them_all() -> None:
    laid = TokenMap("a发b", TokenLogprobs([1, 1, 2, 1], [-1.0] * 4))
    assert list(laid.within((1, 2))) == [1, 2]


@pytest.mark.parametrize(
    "logprobs",
    [TokenLogprobs([], []), TokenLogprobs([3], [-1.0]), TokenLogprobs([1, 2], [-1.0])],
    ids=["none", "of another text", "of unequal length"],
)
def test_log_probabilities_of_another_text_say_nothing(logprobs: TokenLogprobs) -> None:
    found = fold_confidences(read(XML), XML, SCHEMA, logprobs)
    assert found == ((None, None), None)


def test_an_empty_answer_says_how_sure_it_is_that_there_is_nothing() -> None:
    text, logprobs = tokens(("没有找到", -1.0), ("任何实体", -0.25))
    found = fold_confidences(read(text, name="json"), text, SCHEMA, logprobs)
    assert found.entities == ()
    assert found.completeness == pytest.approx(math.exp(-1.75))


def test_a_truncated_answer_does_not_say_that_nothing_is_missed() -> None:
    text, logprobs = tokens(("<人名>李明</人名>在", -1.0), stop=None)
    assert fold_confidences(read(text), text, SCHEMA, logprobs).completeness is None


def test_read_answers_carry_their_confidences_and_pieces_keep_them() -> None:
    text, logprobs = tokens((XML, -1.0))
    samples = [Sample("a", TEXT), Sample("b", TEXT)]
    outputs = {"a": text, "b": text}
    rows = list(
        read_answers(samples, outputs, load_format("xml"), SCHEMA, logprobs={"a": logprobs, "b": logprobs})
    )
    assert rows[0].answer is not None
    assert rows[0].answer.scores == pytest.approx((math.exp(-1), math.exp(-1)))
    whole = join_pieces("t", rows).answer
    assert whole is not None
    assert len(whole.scores) == 4
    assert whole.completeness == pytest.approx(math.exp(-1))
    assert whole == Answer(whole.entities, whole.outcome, whole.problems)
