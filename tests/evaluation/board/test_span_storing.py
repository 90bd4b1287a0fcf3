from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.evaluation.board.board_gold import BoardGold
from nerforge.evaluation.board.part_scores import GoldPart, score_part
from nerforge.evaluation.board.span_storing import judged, restore, store_answers
from nerforge.evaluation.board.stored_rows import StoredAnswer
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.templates.domain import (
    Answer,
    Entity,
    Label,
    LabelSchema,
    Outcome,
    Problem,
    ProblemKind,
    Sample,
)

TEXT = "山东菏泽市巨野县投诉数量"
SCHEMA = LabelSchema(tuple(Label(name, name, "", inferable=True) for name in ("A", "B")))
VALUES = ("山东", "菏泽", "巨野县供电公司")


@st.composite
def entities(draw):
    label = draw(st.sampled_from(("A", "B")))
    if draw(st.booleans()):
        return Entity(label, draw(st.sampled_from(VALUES)))
    start = draw(st.integers(0, len(TEXT) - 1))
    end = draw(st.integers(start + 1, len(TEXT)))
    said = TEXT[start:end]
    return Entity(label, draw(st.sampled_from((said, *VALUES))), start, end)


@st.composite
def answered(draw):
    gold = tuple(draw(st.lists(entities(), max_size=4)))
    # Half of the time some of gold is found.
    found = [*draw(st.lists(entities(), max_size=3)), *draw(st.sampled_from(((), gold, gold[:1])))]
    outcome = draw(st.sampled_from((None, Outcome.CLEAN, Outcome.REPAIRED, Outcome.UNPARSABLE)))
    problems = (Problem(ProblemKind.CUT_OFF, ""),) if draw(st.booleans()) else ()
    answer = None if outcome is None else Answer(tuple(found), outcome, problems)
    return gold, answer


def scores_of(rows):
    part = GoldPart("test", len(rows), "0")
    return score_part(part, rows, BoardGold("", [], SCHEMA, False), Counter(), Counter())


@pytest.mark.whole
@settings(max_examples=50)
@given(st.lists(answered(), min_size=1, max_size=6))
def test_what_is_stored_scores_as_the_answers_do(answers):
    rows = [
        ScoredSample(Sample(f"s{number}", TEXT, gold), None, answer)
        for number, (gold, answer) in enumerate(answers)
    ]
    stored = {x.id: x for x in msgspec.convert(msgspec.to_builtins(store_answers(rows)), list[StoredAnswer])}
    restored = [restore(row.sample, stored.get(row.sample.id)) for row in rows]
    assert scores_of(restored) == scores_of(list(map(judged, rows)))


def test_a_span_is_stored_without_its_words_and_another_value_as_a_hash():
    entities = (Entity("A", "山东", 0, 2), Entity("B", "菏泽", 2, 5), Entity("A", "山东"))
    answer = Answer(entities, Outcome.CLEAN)
    (stored,) = store_answers([ScoredSample(Sample("s", TEXT), None, answer)])
    assert stored.entities[0] == ("A", 0, 2)
    assert stored.entities[1][:3] == ("B", 2, 5)
    assert stored.entities[2][:3] == ("A", None, None)
    assert [len(fields) for fields in stored.entities] == [3, 4, 4]


def test_a_clean_answer_that_names_nothing_is_not_stored():
    rows = [ScoredSample(Sample("s", TEXT), "", Answer((), Outcome.EMPTY))]
    assert store_answers(rows) == []
    assert store_answers([ScoredSample(Sample("s", TEXT), None, None)]) == [StoredAnswer("s", [], "missing")]
