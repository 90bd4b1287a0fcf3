"""JSON and literals of Python are parsed exactly, and everything has its place; broken ones are mended."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.layouts.json_nodes import Node, parse, value_of
from nerforge.templates.answers.layouts.json_strings import unescape
from nerforge.templates.tasks import load_task

TEXT = '他说"高热"三天，后肺炎，text: 好'
EVIDENCE = Evidence(TEXT, load_task("cmeee").schema)
WORDS = st.one_of(st.text(max_size=8), st.text(alphabet="\"'\\{}[],:\n 高热text“”/#*u", max_size=10))
LEAVES = st.one_of(WORDS, st.integers(-(10**6), 10**6), st.none(), st.booleans())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
OUTERMOST = st.lists(VALUES, max_size=4) | st.dictionaries(WORDS, VALUES, max_size=4)


def strings_in(node: Node) -> Iterator[Node]:
    if node.text is not None:
        yield node
    for key, value in node.pairs:
        if key is not None:
            yield key
        yield from strings_in(value)


def check(body: str, value: Any, evidence: Evidence | None) -> None:
    document = parse(body, evidence)
    (node,) = document.nodes
    assert node.span == (0, len(body))
    assert value_of(node) == value
    assert all(unescape(body[x.start : x.end]) == x.text for x in strings_in(node))
    assert document.cut_at is None


@pytest.mark.parametrize("evidence", [None, EVIDENCE], ids=["no-evidence", "evidence"])
@settings(max_examples=150, deadline=None)
@given(value=OUTERMOST, is_ascii=st.booleans(), indent=st.sampled_from([None, 2]))
def test_json_is_read_as_it_was_written(
    evidence: Evidence | None, value: Any, is_ascii: bool, indent: int | None
) -> None:
    check(json.dumps(value, ensure_ascii=is_ascii, indent=indent), value, evidence)


@pytest.mark.parametrize("evidence", [None, EVIDENCE], ids=["no-evidence", "evidence"])
@settings(max_examples=150, deadline=None)
@given(value=OUTERMOST)
def test_a_literal_of_python_is_read_as_it_was_written(evidence: Evidence | None, value: Any) -> None:
    check(repr(value), value, evidence)


@settings(max_examples=100, deadline=None)
@given(body=st.text(alphabet="{}[]()\"'\\:,，：“”/*#\n ab高热0", max_size=60))
def test_anything_is_parsed_and_places_do_not_overlap(body: str) -> None:
    document = parse(body, EVIDENCE)
    edges = [edge for node in document.nodes for edge in node.span]
    assert edges == sorted(edges)
    assert all(0 <= start <= end <= len(body) for start, end in document.words)


ONE = {"text": "高热", "label": "临床表现"}


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param('{"text": "高热, "label": "临床表现"}', ONE, id="no quote behind a value"),
        pytest.param('{"text": 高热", "label": "临床表现"}', ONE, id="no quote before a value"),
        pytest.param('{text": "高热", "label": "临床表现"}', ONE, id="no quote before a key"),
        pytest.param('{"text: "高热", "label": "临床表现"}', ONE, id="no quote behind a key"),
        pytest.param('{"text" "高热", "label""临床表现"}', ONE, id="no colons"),
        pytest.param('{"text":: "高热" "label"："临床表现"}', ONE, id="too many colons, no comma"),
        pytest.param("{“text”: ‘高热’，“label”： 「临床表现」}", ONE, id="other quotes"),
        pytest.param('{"text" => "高热", "label" => "临床表现"}', ONE, id="arrows"),
        pytest.param(r"{\"text\": \"高热\", \"label\": \"临床表现\"}", ONE, id="escaped quotes"),
        pytest.param('{"text": "高热", // 症状\n "label": "临床表现" /* 类 */}', ONE, id="comments"),
        pytest.param(
            '{"text": "说"高热"三", "label": "临床表现"}', {**ONE, "text": '说"高热"三'}, id="quotes within"
        ),
        pytest.param(
            '{"text": ""高热"", "label": "临床表现"}', {**ONE, "text": '"高热"'}, id="quotes around"
        ),
        pytest.param('"text": "高热", "label": "临床表现"}', ONE, id="no brace"),
        pytest.param('临床表现: ["高热", "肺炎"', {"临床表现": ["高热", "肺炎"]}, id="a heading, truncated"),
        pytest.param("{'高热', '肺炎'}", ["高热", "肺炎"], id="a set"),
        pytest.param("('高热', '肺炎')", ["高热", "肺炎"], id="a tuple"),
    ],
)
def test_what_is_broken_is_mended(body: str, value: Any) -> None:
    assert [value_of(node) for node in parse(body, EVIDENCE).nodes] == [value]


def test_what_the_end_of_an_answer_truncates_is_no_value() -> None:
    body = '{"text": "高热", "label": "临床'
    document = parse(body, EVIDENCE)
    assert [value_of(node) for node in document.nodes] == [{"text": "高热"}]
    assert document.cut_at == body.index("label")
