"""Answers that state offsets beside their values."""

import json
from typing import Any

import pytest

from nerforge.generators.corpora.aligning.answer_reader import AnswerReader, Surround
from nerforge.generators.corpora.reading.raw_rows import PromptedAnswer, RawRow
from nerforge.templates.tasks import task_of_labels

TEXT = "上海的韩梅去了上海。"
SCHEMA = task_of_labels("corpus", ["GPE", "PER"], nested=False).schema


def entity(value: str, label: str, **offsets: Any) -> dict[str, Any]:
    return {"text": value, "label": label, **offsets}


def starts_of(answer: Any) -> list[tuple[str, int | None]]:
    said = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    row = RawRow(1, f"句子：{TEXT}", (), asked=PromptedAnswer(said))
    read = AnswerReader("json", Surround("句子：")).read(row, SCHEMA)
    assert read.faults == []
    return [(x.text, x.start) for x in read.entities]


SECOND = [entity("上海", "GPE", start=7, end=9), entity("韩梅", "PER", start=3, end=5)]
SAID = [("韩梅", 3), ("上海", 7)]


@pytest.mark.parametrize(
    "answer",
    [
        SECOND,
        {"entities": SECOND},
        "\n".join(json.dumps(x, ensure_ascii=False) for x in SECOND),
        f"```json\n{json.dumps(SECOND, ensure_ascii=False)}\n```",
        [entity("上海", "GPE", start_idx=7, end_idx=8), entity("韩梅", "PER", start_idx=3, end_idx=4)],
    ],
    ids=["array", "nested", "lines", "fence", "other names and inclusive"],
)
def test_the_mention_at_the_stated_offset_is_meant(answer: Any) -> None:
    assert starts_of(answer) == SAID


@pytest.mark.parametrize(
    "starts",
    [(8, 3), (7, None), (7, "3"), (-3, 3)],
    ids=["beside it", "one absent", "a text", "negative"],
)
def test_offsets_that_do_not_all_agree_with_the_text_say_nothing(starts: tuple[Any, Any]) -> None:
    answer = [entity("上海", "GPE", start=starts[0]), entity("韩梅", "PER", start=starts[1])]
    assert starts_of(answer) == [("上海", 0), ("韩梅", 3)]


def test_both_mentions_may_be_stated_in_any_order() -> None:
    answer = [entity("上海", "GPE", start=at) for at in (7, 0)]
    assert starts_of(answer) == [("上海", 0), ("上海", 7)]
