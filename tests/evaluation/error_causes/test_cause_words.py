"""Each cause has its words in both languages."""

import re

from nerforge.evaluation.error_causes.cause_words import CAUSE_WORDS
from nerforge.evaluation.error_causes.causes import Cause
from nerforge.evaluation.reports.page_file import PAGE

_CHINESE = re.compile("[\u4e00-\u9fff]")


def test_every_cause_is_named_and_explained_in_both_languages() -> None:
    assert list(CAUSE_WORDS) == list(Cause)
    for words in CAUSE_WORDS.values():
        assert all(_CHINESE.search(said) for said in (words.name_zh, words.meaning_zh))
        assert not any(_CHINESE.search(said) for said in (words.name, words.meaning))


def test_no_two_causes_have_the_same_words() -> None:
    for column in zip(*CAUSE_WORDS.values(), strict=True):
        assert len(set(column)) == len(Cause)


def test_the_page_calls_the_causes_the_same() -> None:
    source = (PAGE / "src/names.js").read_text(encoding="utf-8")
    _, _, group = source.partition("\n  cause: {")
    group, _, _ = group.partition("\n  },")
    named = {name: (en, zh) for name, en, zh in re.findall(r"(\w+): \['([^']*)', '([^']*)'\]", group)}
    assert named == {cause.value: (words.name, words.name_zh) for cause, words in CAUSE_WORDS.items()}
