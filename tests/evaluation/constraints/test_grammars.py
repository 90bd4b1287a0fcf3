"""What encode writes is in the language of a sentence's grammar, and all of it is read as clean."""

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerforge.evaluation.constraints.constraint import Constraint, make_constraint
from nerforge.evaluation.constraints.grammar import START, Grammar, Rule
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.task_folders import find_named_task
from nerforge.templates.answers import CannotEncodeError, load_format
from nerforge.templates.domain import Entity, Grounding, Label, LabelSchema, Outcome, Sample, reading_order
from nerforge.templates.normalisers import CitySuffix, Shortening

FORMATS = ("json", "xml", "bracket", "grouped", "occurrence")
LABELS = (
    Label("dis", "疾病", "illness"),
    Label("bod", "身体", "part of the body"),
    Label("per", "Person Name", "a person"),
)
FLAT, NESTED = LabelSchema(LABELS), LabelSchema(LABELS, nested=True)
PLACES = LabelSchema(
    (
        Label("province", "省份", "province", inferable=True),
        Label("city", "城市", "city", normaliser=CitySuffix(), inferable=True),
        Label("office", "供电所", "office", normaliser=Shortening([("供电所$", "")])),
        Label("what", "指标", "figure"),
    )
)
TABLES = {
    "province": ["山东省", "a<b"],
    "city": ["菏泽", "济南", '"|'],
    "office": ["麒麟供电所", "凤凰供电所"],
}
PIECES = st.sampled_from(
    [
        "肺",
        "炎",
        "a",
        "aa",
        "<",
        ">",
        "&",
        "&lt;",
        "<疾病>",
        "</疾病>",
        "|疾病]",
        "[",
        "]",
        "|",
        "\\",
        "/",
        '"',
        "\n",
        "\t",
    ]
    + [" ", "😀", "é", "\u2028", "菏泽", "市", "麒麟", "供电所", "山东省", "无", "{", "}", ",", "，", "\x7f"]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=9).map("".join)
MANY = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
pytest.importorskip("llguidance")


class _Bytes:
    """A vocabulary of bytes."""

    eos_token_id = 256
    bos_token_id = None
    tokens = tuple(bytes([byte]) for byte in range(256)) + (b"<end>",)
    special_token_ids = (256,)

    def __call__(self, text: bytes) -> list[int]:
        return list(text)


def is_member(grammar: Grammar, answer: str) -> bool:
    from llguidance import LLMatcher, LLTokenizer
    from llguidance._tokenizer import TokenizerWrapper

    matcher = LLMatcher(LLTokenizer(TokenizerWrapper(_Bytes())), grammar.lark())
    assert not matcher.get_error()
    written = answer.encode()
    return matcher.try_consume_tokens(list(written)) == len(written) and matcher.is_accepting()


def draw_member(grammar: Grammar, rng: random.Random) -> str:
    """Follow the grammar at random."""
    waiting, written = [Rule(START)], []
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            written.append(part)
        else:
            waiting += reversed(rng.choice(grammar.rules[part.name]))
    return "".join(written)


@st.composite
def samples(draw: st.DrawFn, schema: LabelSchema) -> Sample:
    """Entities as corpora have them; where they nest, at most two at one start, and two deep."""
    text = draw(TEXTS)
    entities: list[Entity] = []
    names = st.sampled_from([label.name for label in schema.labels if not label.normaliser])
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        entity = Entity(draw(names), text[start:end], start, end)
        if _fits(entity, entities, nested=schema.nested):
            entities.append(entity)
    return Sample("a", text, tuple(sorted(entities, key=reading_order)))


def _fits(entity: Entity, others: list[Entity], *, nested: bool) -> bool:
    spans = [other.span or (0, 0) for other in others]
    start, end = entity.span or (0, 0)
    if not nested:
        return all(end <= s or e <= start for s, e in spans)
    starts = [other for other in others if other.start == start]
    is_second = len(starts) < 2 and all(other.label != entity.label for other in starts)
    crosses = any(s < start < e < end or start < s < end < e for s, e in spans)
    return is_second and not crosses and max(map(len, _nests([*spans, (start, end)]))) <= 2


def _nests(spans: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Give for each span those that enclose it, itself among them."""
    return [[other for other in spans if other[0] <= x[0] and x[1] <= other[1]] for x in spans]


def constraint(answer_format: str, schema: LabelSchema) -> Constraint:
    return make_constraint(answer_format, schema, TABLES if schema is PLACES else None)


@pytest.mark.parametrize("answer_format", FORMATS)
@pytest.mark.parametrize("schema", [FLAT, NESTED], ids=["flat", "nested"])
@MANY
@given(data=st.data())
def test_gold_answers_are_members(answer_format: str, schema: LabelSchema, data: st.DataObject) -> None:
    sample = data.draw(samples(schema))
    try:
        answer = load_format(answer_format).encode(sample, schema)
    except CannotEncodeError:
        return
    assert is_member(constraint(answer_format, schema).grammar(sample.text), answer)


@pytest.mark.parametrize("answer_format", FORMATS)
@pytest.mark.parametrize("schema", [FLAT, NESTED, PLACES], ids=["flat", "nested", "places"])
@MANY
@given(text=TEXTS, seed=st.integers(0, 1 << 30))
def test_every_member_is_read_as_clean(answer_format: str, schema: LabelSchema, text: str, seed: int) -> None:
    grammar = constraint(answer_format, schema).grammar(text)
    answer = draw_member(grammar, random.Random(seed))
    read = load_format(answer_format).decode(answer, text, schema)
    assert read.outcome in (Outcome.CLEAN, Outcome.EMPTY), answer
    assert read.problems == ()
    assert Grounding.HALLUCINATED not in read.groundings and Grounding.FUZZY not in read.groundings
    for entity in read.entities:
        assert entity.span or entity.text in TABLES.get(entity.label, ()) or entity.text in text
    # What grammars allow, llguidance takes.
    assert is_member(grammar, answer)
