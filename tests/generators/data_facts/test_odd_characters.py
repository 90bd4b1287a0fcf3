"""Odd characters by kind."""

import pytest

from nerforge.generators.data_facts.odd_characters import ODD_KINDS, find_oddities

CASES = {
    "control": "王\x07芳",
    "line_break": "王芳\n来",
    "tab": "王芳\t来",
    "invisible": "王\u200b芳",
    "direction": "王\u202e芳",
    "replacement": "王\ufffd",
    "not_assigned": "王\ue000芳",
    "odd_space": "王\u00a0芳",
    "wide_space": "王\u3000芳",
    "outer_space": "王芳 ",
    "double_space": "王  芳",
    "full_width": "ＡＢ来了",
    "markup": "王芳<br/>来&nbsp;了",
    "wrong_encoding": "锟斤拷来了",
    "not_composed": "cafe\u0301 开门",
    "blank": " ",
}


def kinds(text: str) -> set[str]:
    found = find_oddities(text)
    return {name for bit, name in enumerate(ODD_KINDS) if found >> bit & 1}


@pytest.mark.parametrize("kind", ODD_KINDS)
def test_each_kind_is_found(kind: str) -> None:
    assert kind in kinds(CASES[kind])


@pytest.mark.parametrize(
    "text", ["王芳在济南，3 点 AT&T 来电。", "x < y > z", "café 开门", "👍 很好", "𠮷野家"]
)
def test_usual_text_is_not_odd(text: str) -> None:
    assert kinds(text) == set()


def test_an_empty_sentence_is_blank() -> None:
    assert kinds("") == {"blank"}
