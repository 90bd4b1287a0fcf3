"""What encode writes is in the language of a sentence's grammar, and all of it is read as clean."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerforge.evaluation.constraints.constraint import Constraint, make_constraint
from nerforge.evaluation.constraints.grammar import START, Grammar, Rule
from nerforge.foundation.errors import UsageError, UserError
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
        *'肺炎a<>&[]|\\/ "\n\t😀é\u2028市无{},，\x7f',
        "aa",
        "&lt;",
        "<疾病>",
        "</疾病>",
        "|疾病]",
        "菏泽",
        "麒麟",
        "供电所",
        "山东省",
    ]
)
TEXTS = st.lists(PIECES, min_size=1, max_size=9).map("".join)
MANY = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
pytestmark = pytest.mark.whole
pytest.importorskip("llguidance")


class _Bytes:
    """A vocabulary of bytes."""

    eos_token_id = 256
    bos_token_id = None
    tokens = (*(bytes([byte]) for byte in range(256)), b"<end>")
    special_token_ids = (256,)

    def __call__(self, text: bytes) -> list[int]:
        return list(text)


def is_member(grammar: Grammar, answer: str) -> bool:
    from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper

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


def entities(*named: tuple[str, str, int | None, int | None]) -> tuple[Entity, ...]:
    return tuple(Entity(*one) for one in named)


COMPLETED = Sample(
    "a",
    "菏泽市麒麟投诉",
    entities(
        ("province", "山东省", None, None),
        ("city", "菏泽", 0, 3),
        ("office", "麒麟供电所", 3, 5),
        ("what", "投诉", 5, 7),
    ),
)


@pytest.mark.parametrize("answer_format", FORMATS)
def test_values_come_from_tables(answer_format: str) -> None:
    answer = load_format(answer_format).encode(COMPLETED, PLACES)
    assert is_member(constraint(answer_format, PLACES).grammar(COMPLETED.text), answer)
    bare = make_constraint(answer_format, PLACES).grammar(COMPLETED.text)
    assert not is_member(bare, answer)
    invented = answer.replace("山东省", "山西省")
    assert not is_member(constraint(answer_format, PLACES).grammar(COMPLETED.text), invented)


@pytest.mark.parametrize(
    ("answer_format", "answer"),
    [
        ("xml", "患<疾病>肺炎</身体>"),
        ("xml", "患<病>肺炎</病>"),
        ("xml", "患<疾病>肺</疾病>"),
        ("xml", "患<疾病>肺炎</疾病>。"),
        ("xml", "患<疾病></疾病>肺炎"),
        ("xml", "患<疾病><疾病>肺炎</疾病></疾病>"),
        ("bracket", "患[[肺炎|疾病]|疾病]"),
        ("json", '{"entity_text": "肺病", "entity_label": "疾病"}'),
        ("json", '{"entity_text": "肺炎", "entity_label": "病"}'),
        (
            "json",
            '{"entity_text": "肺炎", "entity_label": "疾病"}\n{"entity_text": "患", "entity_label": "身体"}',
        ),
        (
            "json",
            "\n".join(2 * ['{"entity_text": "肺炎", "entity_label": "疾病"}']),
        ),
        ("grouped", '{"身体": ["肺"], "疾病": ["肺炎"]}'),
        ("grouped", '{"疾病": []}'),
        ("occurrence", '{"entity_text": "肺炎", "entity_label": "疾病", "occurrence": 2}'),
    ],
)
def test_other_answers_are_none(answer_format: str, answer: str) -> None:
    assert not is_member(constraint(answer_format, NESTED).grammar("患肺炎"), answer)


def test_an_empty_thought_may_stand_before_an_answer() -> None:
    grammar = constraint("json", FLAT).grammar("患肺炎", "<think>\n\n</think>\n\n")
    assert is_member(grammar, "<think>\n\n</think>\n\n" + FLAT.empty_sentence)
    assert is_member(grammar, FLAT.empty_sentence)


@MANY
@given(text=TEXTS, seed=st.integers(0, 1 << 30))
def test_what_servers_get_is_the_same_grammar(text: str, seed: int) -> None:
    from llguidance import LLMatcher, LLTokenizer, TokenizerWrapper, grammar_from

    grammar = constraint("xml", FLAT).grammar(text)
    answer = draw_member(grammar, random.Random(seed)).encode()
    # llguidance reads llama.cpp's syntax, too.
    read = grammar_from("grammar", grammar.gbnf())
    matcher = LLMatcher(LLTokenizer(TokenizerWrapper(_Bytes())), read)
    assert matcher.try_consume_tokens(list(answer)) == len(answer) and matcher.is_accepting()


def test_what_cannot_be_constrained_is_refused() -> None:
    with pytest.raises(UsageError, match="knows the answer formats json, xml"):
        make_constraint(None, FLAT)
    with pytest.raises(UserError, match="the task has no such label"):
        make_constraint("xml", FLAT, {"city": ["菏泽"]})
    with pytest.raises(UserError, match="more than the 5,000"):
        make_constraint("xml", PLACES, {"city": map(str, range(5_001))})  # type: ignore[dict-item]
    with pytest.raises(UserError, match="has 401 characters, and answers are constrained to at most 400"):
        constraint("xml", FLAT).grammar("长" * 401)
    with pytest.raises(UserError, match="half of a surrogate pair at character 1"):
        constraint("xml", FLAT).grammar("a\ud800")


def test_settings_tell_tables_and_labels_apart() -> None:
    same = [constraint("xml", PLACES).settings() for _ in range(2)]
    assert same[0] == same[1]
    others = [make_constraint("xml", PLACES), constraint("json", PLACES), constraint("xml", FLAT)]
    assert all(other.settings() != same[0] for other in others)
