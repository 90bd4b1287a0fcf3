"""Tags of tokens: every scheme read alike, sentences put together, offsets that say their entities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics.sequence_labeling import get_entities

from nerforge.generators.corpora.reading.raw_rows import RawEntity
from nerforge.generators.corpora.reading.tags.token_tags import TagScheme, find_scheme, spans_of


def spans(tagged):
    return [(entity.label, entity.start, entity.end) for entity in tagged.entities]


@pytest.mark.parametrize(
    "tags",
    [
        "B-A I-A I-A B-A O B-B I-B",
        "I-A I-A I-A B-A O I-B I-B",
        "B-A I-A I-A S-A O B-B I-B",
        "B-A M-A E-A S-A O B-B E-B",
        "B-A I-A E-A S-A O B-B E-B",
        "B-A I-A L-A U-A O B-B L-B",
    ],
    ids=["BIO", "IOB1", "BIOS", "BMES", "BIOES", "BILOU"],
)
def test_every_scheme_gives_the_same_entities_and_no_notes(tags):
    tagged = spans_of("一二三四五六七", tags.split())
    assert (spans(tagged), tagged.notes) == ([("A", 0, 3), ("A", 3, 4), ("B", 5, 7)], ())


def test_one_stray_end_does_not_make_a_bio_file_one_with_ends():
    sentences = ["B-A I-A O B-A".split()] * 3
    assert find_scheme([*sentences, ["B-A", "E-A"]]) == TagScheme(begins=True, ends=False)


TAGS = ["O", *(f"{prefix}-{label}" for prefix in "BIES" for label in "XY")]


@given(st.lists(st.sampled_from(TAGS), max_size=12))
def test_spans_are_those_of_seqeval_for_any_tags(tags):
    expected = [(label, first, last + 1) for label, first, last in get_entities(tags)]
    assert spans(spans_of("字" * len(tags), tags)) == expected


@given(st.data(), st.lists(st.text(max_size=4), max_size=8))
def test_the_characters_of_an_entity_stand_at_its_offsets(data, tokens):
    tags = data.draw(st.lists(st.sampled_from(TAGS), min_size=len(tokens), max_size=len(tokens)))
    text, entities, _ = spans_of(tokens, tags)
    assert [text[entity.start : entity.end] for entity in entities] == [entity.text for entity in entities]


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("我 爱 GDP 。", "我爱GDP。"),
        ("我 爱 G D P 2 0", "我爱GDP20"),
        ("New York", "New York"),
        ("the U.S. state", "the U.S. state"),
        ("café au lait plan B 2", "café au lait plan B 2"),
        ("iPhone 7", "iPhone 7"),
        ("3.5 %", "3.5%"),
        ("A股 B股", "A股B股"),
        ("ＡＢ ＣＤ", "ＡＢＣＤ"),
    ],
)
def test_a_space_goes_only_between_latin_words(tokens, text):
    tokens = tokens.split()
    assert spans_of(tokens, ["O"] * len(tokens)).text == text


def test_offsets_count_the_spaces_between_latin_words():
    tagged = spans_of(["在", "New", "York", "City"], ["O", "B-LOC", "I-LOC", "I-LOC"])
    assert tagged.entities == (RawEntity("LOC", "New York City", 1, 14),)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (["O"], "2 tokens have 1 tags"),
        (["O", "X-A"], "'X-A' is not a tag; expected O or a tag such as B-LOC"),
    ],
    ids=["too_few", "no_tag"],
)
def test_tags_that_cannot_be_read_are_refused(tags, message):
    with pytest.raises(ValueError, match=message):
        spans_of(["风", "雨"], tags)


@pytest.mark.parametrize(
    "tags",
    [
        "b-A i-A i-A b-A o b-B i-B",
        "b-A i-A i-A b-A O b-B i-B",
        "A-B A-I A-I A-B O B-B B-I",
        "A_B A_I A_I A_B O B_B B_I",
        "A-b A-i A-e A-s o B-b B-e",
        "B:A I:A I:A B:A O B:B I:B",
        "A_B A_I A_I A_B - B_B B_I",
        "B_A M_A E_A W_A O B_B E_B",
    ],
    ids=["lower", "lower_but_o", "suffix", "suffix_by_underscore", "lower_suffix", "colon", "dash", "BMEW"],
)
def test_every_spelling_of_a_scheme_gives_the_same_entities(tags):
    tagged = spans_of("一二三四五六七", tags.split())
    assert (spans(tagged), tagged.notes) == ([("A", 0, 3), ("A", 3, 4), ("B", 5, 7)], ())


def test_labels_without_prefixes_are_entities_as_long_as_they_go():
    tags = "O building-other building-other O location-GPE".split()
    tagged = spans_of("一二三四五", tags)
    assert spans(tagged) == [("building-other", 1, 3), ("location-GPE", 4, 5)]
    assert tagged.notes == ("io_tags_joined",)


def test_prefixes_without_labels_are_entities_of_one_kind():
    assert spans(spans_of("一二三四", "O B I B".split())) == [("ENTITY", 1, 3), ("ENTITY", 3, 4)]


@pytest.mark.parametrize("tag", ["0", "PER", "b-PER", "PER-B", "B", ""])
def test_a_tag_of_another_form_is_refused_and_not_lost(tag):
    with pytest.raises(ValueError, match=f"{tag!r} is not a tag"):
        find_scheme([["B-PER", "I-PER", "O"], ["B-PER", tag]])
