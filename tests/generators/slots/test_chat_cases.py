"""The published chat cases and the nine ways to write a query are sentences of the grammar."""

import json
from pathlib import Path

import pytest

from nerforge.generators.slots.domain.slot_domain import read_domain
from nerforge.generators.slots.generate import select
from nerforge.generators.slots.language.grammar_cache import build_grammar
from nerforge.generators.slots.language.pieces import compose
from nerforge.generators.slots.surfaces import collect_surfaces
from nerforge.templates.answers import load_format
from nerforge.templates.tasks import load_task, with_surfaces

CHAT_CASES = Path(__file__).parents[3].parent / "shared" / "cases" / "power_chat_cases.json"

WHOLE = (
    "<Province>山东省</Province><City>菏泽</City><Company>巨野县供电公司</Company>"
    "<Substation>麒麟供电所</Substation><Indicator>投诉</Indicator>数量"
)
COMPANY_ONLY = WHOLE.replace("<Substation>麒麟供电所</Substation>", "")
NINE_WAYS = {
    "山东省菏泽巨野县供电公司麒麟供电所投诉数量": WHOLE,
    "菏泽巨野县供电公司麒麟供电所投诉数量": WHOLE,
    "菏泽巨野投诉数量": COMPANY_ONLY,
    "菏泽麒麟投诉数量": WHOLE,
    "巨野县供电公司麒麟供电所投诉数量": WHOLE,
    "巨野麒麟投诉数量": WHOLE,
    "巨野投诉数量": COMPANY_ONLY,
    "麒麟供电所投诉数量": WHOLE,
    "麒麟投诉数量": WHOLE,
}


@pytest.fixture(scope="module")
def grammar():
    """The grammar of the power domain without noise."""
    return build_grammar(select(read_domain(), noise=()))


@pytest.fixture(scope="module")
def find(grammar):
    """Find the rows of pieces that make a sentence, whatever the template."""
    texts = {}
    for column in (column for stratum in grammar.strata for column in stratum.columns):
        numbers = column.numbers.tolist()
        texts.setdefault(id(column.numbers), {grammar.pool[n].text: n for n in numbers})

    def complete(columns, rest):
        if not columns:
            return [[]] if not rest else []
        known = texts[id(columns[0].numbers)]
        beginnings = (rest[:length] for length in range(1, len(rest) + 1))
        return [
            [grammar.pool[known[text]], *following]
            for text in beginnings
            if text in known
            for following in complete(columns[1:], rest[len(text) :])
        ]

    return lambda text: [row for s in grammar.strata for row in complete(s.columns, text)]


@pytest.fixture(scope="module")
def answer(grammar):
    schema = with_surfaces(load_task("power"), collect_surfaces(grammar)).schema
    return lambda pieces: load_format("xml").encode(compose("", pieces, {}), schema)


@pytest.mark.whole
@pytest.mark.parametrize(("text", "expected"), NINE_WAYS.items(), ids=NINE_WAYS)
def test_each_of_the_nine_ways_is_said_once_and_answered_in_full(find, answer, text, expected):
    assert [answer(pieces) for pieces in find(text)] == [expected]


@pytest.mark.whole
@pytest.mark.skipif(not CHAT_CASES.exists(), reason=f"the published chat cases are not at {CHAT_CASES}")
def test_each_published_chat_case_is_said_once_and_answered_as_published(find, answer):
    cases = json.loads(CHAT_CASES.read_text(encoding="utf-8"))
    assert len(cases) == 12
    found = {case["query"]: [answer(pieces) for pieces in find(case["query"])] for case in cases}
    assert found == {case["query"]: [case["expected"]] for case in cases}


@pytest.mark.parametrize("text", ["菏泽巨野县供电公司", "麒麟投诉", "南京投诉数量", "菏泽投诉数量数量"])
def test_what_no_template_says_is_not_found(find, text):
    assert find(text) == []
