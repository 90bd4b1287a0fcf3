"""Answer formats by name, and the word they share."""

import pytest

from nerforge.foundation.errors import UsageError
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.languages import EMPTY_SENTENCES


def test_the_formats_are_known_by_name():
    assert sorted(FORMATS) == ["bracket", "grouped", "json", "occurrence", "xml"]
    assert load_format("xml") is FORMATS["xml"]


def test_an_unknown_format_lists_the_known_ones():
    with pytest.raises(
        UsageError, match=r"unknown answer format 'conl'; known: bracket, grouped, json, occurrence, xml"
    ):
        load_format("conl")


def test_the_published_empty_sentence_is_kept():
    assert EMPTY_SENTENCES["zh"] == "没有找到任何实体"
