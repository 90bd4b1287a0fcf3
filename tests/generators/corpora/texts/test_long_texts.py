from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.generators.corpora.texts.cut_places import is_joined
from nerforge.generators.corpora.texts.long_texts import LongTextReport, piece_of, split_sample
from nerforge.templates.domain import Entity, Sample, reading_order

FAMILY = "👩\u200d👧\u200d👦"


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    letters = "甲乙。，！…”) \n.,A3e\u0301👩\u200d👧🇨"
    text = draw(st.text(st.sampled_from(letters), min_size=1, max_size=60))
    places = st.integers(0, len(text))
    drawn = draw(st.lists(st.tuples(places, places, st.sampled_from("XY")), max_size=5))
    entities = {Entity(x, text[a:b], a, b) for *ends, x in drawn for a, b in [sorted(ends)] if a < b}
    return Sample("s-1", text, tuple(sorted(entities, key=reading_order)), {"template": "t"})


def split(sample: Sample, limit: int) -> tuple[list[Sample], LongTextReport]:
    counts = LongTextReport()
    return split_sample(sample, limit, counts), counts


def texts(text: str, limit: int, *entities: Entity) -> list[str]:
    return [piece.text for piece in split(Sample("s", text, entities), limit)[0]]


@given(samples(), st.integers(1, 20))
def test_pieces_are_the_whole_text_in_order(sample: Sample, limit: int) -> None:
    pieces, _ = split(sample, limit)
    assert "".join(piece.text for piece in pieces) == sample.text
    if len(pieces) > 1:
        lengths = [len(piece.text) for piece in pieces]
        assert [piece.meta["offset"] for piece in pieces] == [sum(lengths[:n]) for n in range(len(pieces))]


@given(samples(), st.integers(1, 20))
def test_every_entity_stays_whole_and_says_the_same(sample: Sample, limit: int) -> None:
    moved = []
    for piece in split(sample, limit)[0]:
        for entity in piece.entities:
            assert piece.text[entity.start : entity.end] == entity.text
            moved.append((entity.label, entity.text, (entity.start or 0) + piece.meta.get("offset", 0)))
    assert moved == [(entity.label, entity.text, entity.start) for entity in sample.entities]


@given(samples(), st.integers(1, 20))
def test_a_piece_is_longer_than_the_limit_only_where_nothing_may_be_cut(sample: Sample, limit: int) -> None:
    pieces, counts = split(sample, limit)
    longer = [piece for piece in pieces if len(piece.text) > limit]
    assert counts.longer == len(longer)
    for text, entities in ((piece.text, piece.entities) for piece in longer):
        for place in range(1, len(text)):
            is_inside = any((e.start or 0) < place < (e.end or 0) for e in entities)
            is_blank = text[:place].isspace() or text[place:].isspace()
            assert is_inside or is_blank or is_joined(text, place)


@given(samples(), st.integers(1, 20))
def test_no_piece_is_white_space_and_no_character_is_cut(sample: Sample, limit: int) -> None:
    pieces, _ = split(sample, limit)
    if len(pieces) > 1:
        assert not any(piece.text.isspace() for piece in pieces)
        assert not any(is_joined(sample.text, piece.meta["offset"]) for piece in pieces[1:])


@given(samples(), st.integers(1, 20))
def test_pieces_and_cuts_are_counted(sample: Sample, limit: int) -> None:
    pieces, counts = split(sample, limit)
    is_split = len(pieces) > 1
    assert (counts.texts, counts.pieces) == ((1, len(pieces)) if is_split else (0, 0))
    assert counts.cuts.total() == len(pieces) - 1


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("咳嗽三天。发热！入院？", 6, ["咳嗽三天。", "发热！入院？"]),
        ("他说：“好。”她说：「行！」走了。", 8, ["他说：“好。”", "她说：「行！」", "走了。"]),
        ("等等……好了", 5, ["等等……", "好了"]),
        ("第一行\n\n第二行，完", 6, ["第一行\n\n", "第二行，完"]),
        ("咳嗽，发热，乏力", 6, ["咳嗽，", "发热，乏力"]),
        ("alpha beta gamma", 11, ["alpha ", "beta gamma"]),
        ("abcdefghij", 4, ["abc", "def", "ghij"]),
        ("It is 3.5 km. Go home", 16, ["It is 3.5 km. ", "Go home"]),
        ("In the U.S. Army, Dr. Wu", 18, ["In the U.S. Army, ", "Dr. Wu"]),
        ("价格1,000元,合计2,000元", 11, ["价格1,000元,", "合计2,000元"]),
        ("好!看http://a.b/?c=1", 17, ["好!", "看http://a.b/?c=1"]),
    ],
    ids=[
        "sentences", "closing quotes", "dots", "lines", "clauses", "spaces", "anywhere",
        "decimal point", "abbreviations", "thousands", "address",
    ],
)  # fmt: skip
def test_a_text_is_cut_at_the_best_places(text: str, limit: int, pieces: list[str]) -> None:
    assert texts(text, limit) == pieces


def test_a_sentence_end_is_worth_more_than_a_piece_fewer() -> None:
    assert texts("甲甲甲，甲甲。乙乙乙，乙乙。丙丙，丙。", 8) == [
        "甲甲甲，甲甲。",
        "乙乙乙，乙乙。",
        "丙丙，丙。",
    ]


def test_pieces_are_few_and_of_equal_length() -> None:
    assert [len(piece) for piece in texts("甲乙丙。" * 11, 40)] == [20, 24]
    assert [len(piece) for piece in texts("甲" * 1_001, 500)] == [333, 334, 334]


@pytest.mark.parametrize("character", [FAMILY, "e\u0301", "🇨🇳", "👍🏽", "葛\U000e0100", "\r\n"], ids=ascii)
def test_a_character_of_several_code_points_is_not_cut(character: str) -> None:
    text = f"甲{character}" * 6
    for limit in range(len(character) + 1, 9):
        for piece in texts(text, limit):
            assert piece.replace(character, "").strip("甲") == ""


def test_an_entity_above_the_limit_gives_one_longer_piece() -> None:
    sample = Sample(
        "s", "甲。" + "乙。" * 5 + "丙。", (Entity("X", "乙。乙。乙。", 2, 8), Entity("Y", "乙。乙。", 6, 10))
    )
    pieces, counts = split(sample, 4)
    assert [piece.text for piece in pieces] == ["甲。", "乙。乙。乙。乙。", "乙。丙。"]
    assert pieces[1].entities == (Entity("X", "乙。乙。乙。", 0, 6), Entity("Y", "乙。乙。", 4, 8))
    assert msgspec.to_builtins(counts.counts()) == {
        "texts": 1,
        "pieces": 3,
        "cuts": {"sentence": 2, "line": 0, "clause": 0, "space": 0, "anywhere": 0},
        "longer_than_limit": 1,
    }


def test_a_text_that_cannot_be_cut_stays_as_it_is_and_is_counted() -> None:
    sample = Sample("s", "甲乙丙丁", (Entity("X", "甲乙丙丁", 0, 4),))
    pieces, counts = split(sample, 2)
    assert (pieces, counts.texts, counts.longer) == ([sample], 0, 1)


def test_a_text_within_the_limit_stays_as_it_is() -> None:
    sample = Sample("s", "甲。乙。", (Entity("X", "乙", 2, 3),))
    pieces, counts = split(sample, 4)
    assert (pieces, counts) == ([sample], LongTextReport())
    assert pieces[0] is sample


def test_a_piece_says_of_which_text_it_is() -> None:
    pieces, _ = split(Sample("s", "甲。乙。", meta={"template": "t"}), 2)
    assert [(piece.id, piece.meta) for piece in pieces] == [
        ("s-p1", {"template": "t", "document": "s", "offset": 0, "of": 2}),
        ("s-p2", {"template": "t", "document": "s", "offset": 2, "of": 2}),
    ]
    assert [piece.document for row in pieces if (piece := piece_of(row.meta))] == ["s", "s"]


@pytest.mark.parametrize("meta", [{}, {"document": "d"}, {"document": "d", "offset": 3}], ids=str)
def test_a_sample_without_all_keys_is_no_piece(meta: dict[str, object]) -> None:
    assert piece_of(meta) is None


def test_a_piece_with_a_place_that_cannot_be_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="offset"):
        piece_of({"document": "d", "offset": -1, "of": 2})


def test_an_entity_without_a_span_goes_with_the_next_one_that_has_one() -> None:
    named = Entity("C", "甲县", 0, 2), Entity("P", "山东省"), Entity("C", "乙县", 3, 5), Entity("D", "丁")
    pieces, _ = split(Sample("s", "甲县。乙县。", named), 3)
    assert [piece.entities for piece in pieces] == [
        (Entity("C", "甲县", 0, 2),),
        (Entity("P", "山东省"), Entity("C", "乙县", 0, 2), Entity("D", "丁")),
    ]


@pytest.mark.parametrize(
    ("sample", "limit", "message"),
    [
        (Sample("s", "甲乙", meta={"document": "d", "offset": 0, "of": 2}), 1, "is a piece"),
        (Sample("s", "甲乙"), 0, "at least 1"),
    ],
    ids=["piece", "limit"],
)
def test_what_cannot_be_split_is_refused(sample: Sample, limit: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        split(sample, limit)


def test_a_long_text_without_any_punctuation_takes_no_long_time() -> None:
    pieces, counts = split(Sample("s", "甲" * 100_000), 500)
    assert (len(pieces), counts.cuts.total()) == (200, 199)
    assert all(a.meta["offset"] + 500 == b.meta["offset"] for a, b in pairwise(pieces))
