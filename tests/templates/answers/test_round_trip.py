"""Properties of every answer format: what is written is read back, and nothing makes reading fail."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.domain import Entity, Grounding, Outcome, ProblemKind, Sample, reading_order
from nerforge.templates.mentions.statements import excerpt
from nerforge.templates.tasks import load_task

CCFBDCI = load_task("ccfbdci").schema
CMEEE = load_task("cmeee").schema
POWER = load_task("power").schema
ENGLISH = load_task("ccfbdci").spoken("en").schema
SCHEMAS = {"ccfbdci": CCFBDCI, "cmeee": CMEEE, "power": POWER, "english": ENGLISH}

FRAGMENTS = ["疾", "病", "疾病", "<疾病>", "</疾病>", "<", ">", "/", "&", "lt;", "amp;", "&lt;", "&amp;lt;"]
CHARACTERS = ["\n", "\r", " ", "\u3000", "\\", '"', "{", "}", "😀", "𠮷", "é", "\u2028", "\x00"]
NASTY_TEXT = st.lists(st.sampled_from(FRAGMENTS + CHARACTERS), min_size=1, max_size=4).map("".join)
TREES = st.recursive(
    NASTY_TEXT,
    lambda children: st.tuples(st.sampled_from(CMEEE.names), st.lists(children, min_size=1, max_size=3)),
    max_leaves=10,
)


def plain(tree: object) -> str:
    return tree if isinstance(tree, str) else "".join(plain(child) for child in tree[1])


def tagged(tree: object, start: int) -> Iterator[Entity]:
    if isinstance(tree, str):
        return
    yield Entity(tree[0], plain(tree), start, start + len(plain(tree)))
    for child in tree[1]:
        yield from tagged(child, start)
        start += len(plain(child))


@st.composite
def nested_samples(draw):
    """Properly nested entities in a text full of tags, escapes and odd characters."""
    trees = draw(st.lists(TREES, max_size=4))
    text, entities = "", []
    for tree in trees:
        entities += tagged(tree, len(text))
        text += plain(tree)
    return Sample("a", text, tuple(entities))


@st.composite
def samples_of_distinct_characters(draw):
    """Any spans, crossing ones too, in a text in which no value can occur twice."""
    characters = st.characters(exclude_categories=["Cs"])
    text = "".join(draw(st.lists(characters, min_size=1, max_size=12, unique=True)))
    cuts = st.lists(st.integers(0, len(text)), min_size=2, max_size=2, unique=True).map(sorted)
    places = draw(st.lists(st.tuples(st.sampled_from(CMEEE.names), cuts), max_size=6, unique_by=str))
    return Sample("a", text, tuple(Entity(label, text[a:b], a, b) for label, (a, b) in places))


@st.composite
def spans_anywhere(draw):
    """Any distinct spans over a text in which everything occurs again and again."""
    text = draw(st.text("肺炎\n<😀", min_size=1, max_size=12))
    cuts = st.lists(st.integers(0, len(text)), min_size=2, max_size=2, unique=True).map(sorted)
    places = draw(st.lists(st.tuples(st.sampled_from(CMEEE.names), cuts), max_size=6, unique_by=str))
    return Sample("a", text, tuple(Entity(label, text[a:b], a, b) for label, (a, b) in places))


TEXT_PIECES_OF_CODE = "肺炎\"\\'<>[]|{}&;/\n\t 😀𠮷，"


def names(alphabet, suffix):
    return st.text(alphabet, min_size=1, max_size=4).map(lambda stem: stem + suffix)


@st.composite
def power_samples(draw, city_letters, company_letters, substation_letters):
    """Queries with any levels said, completed or left open."""
    text, entities = "", []

    def say(label, value, surface):
        nonlocal text
        entities.append(Entity(label, value, len(text), len(text) + len(surface)))
        text += surface

    if draw(st.booleans()):
        say("Date", "本月", "本月")
    if draw(st.booleans()):
        entities.append(Entity("Province", "山东省"))
    city = draw(st.text(city_letters, min_size=1, max_size=4).filter(lambda name: not name.endswith("市")))
    company = draw(names(company_letters, "供电公司"))
    for label, value, surfaces in (("City", city, (city, city + "市")), ("Company", company, (company,))):
        how = draw(st.sampled_from(["say", "infer", "leave open"]))
        if how == "say":
            say(label, value, draw(st.sampled_from(surfaces)))
        elif how == "infer":
            entities.append(Entity(label, value))
    if draw(st.booleans()):
        substation = draw(names(substation_letters, "供电所"))
        say("Substation", substation, substation)
    say("Indicator", "投诉", "投诉")
    return Sample("a", text + draw(st.sampled_from(["", "个数"])), tuple(entities))


def read_back(answer_format, sample, schema):
    written = load_format(answer_format).encode(sample, schema)
    return load_format(answer_format).decode(written, sample.text, schema)


INLINE = ("xml", "bracket")


@pytest.mark.parametrize("name", INLINE)
@given(sample=nested_samples())
def test_an_inline_format_reads_back_nested_entities_in_any_text(name, sample):
    assert read_back(name, sample, CMEEE).entities == sample.entities


@pytest.mark.parametrize("name", INLINE)
@given(sample=nested_samples())
def test_an_answer_of_ours_is_clean_or_says_that_there_is_nothing(name, sample):
    read = read_back(name, sample, CMEEE)
    assert (read.outcome, read.problems) == (Outcome.CLEAN if sample.entities else Outcome.EMPTY, ())


@pytest.mark.parametrize("name", INLINE)
@given(sample=power_samples("济南市中", "济南市中", "济南市中"))
def test_an_inline_format_reads_back_completed_parents_among_names_that_resemble_each_other(name, sample):
    assert read_back(name, sample, POWER).entities == sample.entities


@given(nested_samples())
def test_occurrence_reads_back_every_mention_in_any_text(sample):
    unique = Sample(sample.id, sample.text, tuple(dict.fromkeys(sample.entities)))
    read = read_back("occurrence", unique, CMEEE)
    assert read.entities == unique.entities
    assert read.outcome is (Outcome.CLEAN if unique.entities else Outcome.EMPTY)


@given(spans_anywhere())
def test_occurrence_reads_back_crossing_and_repeated_mentions(sample):
    assert read_back("occurrence", sample, CMEEE).entities == sample.entities


@pytest.mark.parametrize("name", ["json", "grouped", "occurrence"])
@given(sample=samples_of_distinct_characters())
def test_a_json_format_reads_back_any_spans_where_no_value_occurs_twice(name, sample):
    read = read_back(name, sample, CMEEE)
    expected = sorted(sample.entities, key=reading_order) if name == "grouped" else list(sample.entities)
    assert list(read.entities) == expected
    assert read.outcome is (Outcome.CLEAN if sample.entities else Outcome.EMPTY)


@pytest.mark.parametrize("name", ["json", "grouped", "occurrence"])
@given(sample=power_samples("济南", "巨野", "麒麟"))
def test_a_json_format_reads_back_completed_parents_where_no_value_occurs_twice(name, sample):
    assert read_back(name, sample, POWER).entities == sample.entities


@pytest.mark.parametrize("name", ["json", "xml", "bracket", "occurrence"])
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
@given(data=st.data())
def test_every_label_of_every_task_is_read_back(name, schema, data):
    label = data.draw(st.sampled_from(schema.names))
    before, value, after = (data.draw(st.text(TEXT_PIECES_OF_CODE, max_size=6)) for _ in range(3))
    value = value or "“值”"
    entity = Entity(label, value, len(before), len(before) + len(value))
    sample = Sample("a", before + value + after, (entity,))
    # The value may stand in the text a second time and overlap itself: ;; in ;;; is at 0 and at 1.
    places = [at for at in range(len(sample.text)) if sample.text.startswith(value, at)]
    if name in ("json", "occurrence") and len(places) > 1:
        sample = Sample("a", "！" + value + "！", (Entity(label, value, 1, 1 + len(value)),))
    assert read_back(name, sample, schema).entities == sample.entities


ANSWER_PIECES = [
    *[
        "<疾病>",
        "</疾病>",
        "<身体>",
        "</身体>",
        "<City>",
        "</City>",
        "<Company>",
        "</Company>",
        "<dis>",
        "<x/>",
    ],
    *["<地点>", "</地点>", "没有找到任何实体", "&lt;", "&amp;", "&", "<", ">", "\n", " ", "\ud83d", "😀"],
    *['{"entity_text": "', '", "entity_label": "', '"}', "疾病", "身体", "City", "地点", "[", "]", "{", "}"],
    *['{"entity_text": "肺炎", "entity_label": "疾病"}', '{"entity_text": "菏泽", "entity_label": "City"}'],
    *["肺", "炎", "肺炎", "菏泽", "菏泽市", "投诉"],
]
SPLICED = st.lists(st.sampled_from(ANSWER_PIECES), max_size=30).map("".join)
ARBITRARY = st.text(st.characters(exclude_categories=[]))
TEXTS = st.lists(st.sampled_from(["肺", "炎", "菏泽", "市", "投诉", "<疾病>", " "]), max_size=8).map("".join)


def assert_invariants(read, text, schema):
    assert isinstance(read.outcome, Outcome)
    if read.outcome in (Outcome.EMPTY, Outcome.UNPARSABLE):
        assert not read.entities
    if read.outcome is Outcome.EMPTY:
        assert not any(problem.kind.loses for problem in read.problems)
    assert len(read.groundings) == len(read.entities)
    unplaced = [problem.detail for problem in read.problems if problem.kind is ProblemKind.NOT_IN_TEXT]
    for entity, grounding in zip(read.entities, read.groundings, strict=True):
        is_unsaid = entity.span is None and not schema[entity.label].inferable
        if is_unsaid or grounding is Grounding.FUZZY:
            assert entity.text == text[entity.start : entity.end] or excerpt(entity.text) in unplaced
        else:
            schema.kind(entity, text)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
@given(answer=ARBITRARY, text=ARBITRARY)
def test_any_characters_at_all_can_be_read(name, schema, answer, text):
    assert_invariants(load_format(name).decode(answer, text, schema), text, schema)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
@given(answer=SPLICED, text=TEXTS)
def test_any_splice_of_tags_and_json_can_be_read(name, schema, answer, text):
    assert_invariants(load_format(name).decode(answer, text, schema), text, schema)


@pytest.mark.parametrize("name", FORMATS)
@given(sample=nested_samples(), cut=st.integers(0, 200))
def test_an_answer_cut_off_anywhere_can_be_read(name, sample, cut):
    answer = load_format(name)
    written = answer.encode(sample, CMEEE)[:cut]
    assert_invariants(answer.decode(written, sample.text, CMEEE), sample.text, CMEEE)
