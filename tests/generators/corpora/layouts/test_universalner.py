"""Conversations about a text, a question for each label."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.layouts.universalner import read

TEXT = "Ana Reis left Porto for Lima."
READ = "I've read this text."


def chat(
    *said: str,
    text: str = f"Text: {TEXT}",
    ack: str = READ,
    keys: tuple[str, str] = ("from", "value"),
    roles: tuple[str, str] = ("human", "gpt"),
) -> list[dict[str, str]]:
    return [{keys[0]: roles[n % 2], keys[1]: words} for n, words in enumerate((text, ack, *said))]


def corpus_of(folder: Path, *values: Any) -> Corpus:
    path = folder / "pile.json"
    path.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")
    corpus = Corpus(path)
    assert corpus.layout_name == "universalner"
    return corpus


def told(corpus: Corpus) -> list[tuple[str, list[tuple[str, str, int | None]]]]:
    samples = [sample for sample, _ in corpus.samples(corpus.report())]
    return [(x.text, [(e.label, e.text, e.start) for e in x.entities]) for x in samples if x]


PERSON = ("What describes person in the text?", '["Ana Reis"]')
CITY = ("What describes city in the text?", '["Porto", "Lima"]')
FOUND = [("person", "Ana Reis", 0), ("city", "Porto", 14), ("city", "Lima", 24)]


def test_all_questions_of_a_conversation_make_one_row(tmp_path: Path) -> None:
    date = ("What describes date in the text?", "[]")
    corpus = corpus_of(tmp_path, {"id": "1", "conversations": chat(*PERSON, *CITY, *date)})
    assert told(corpus) == [(TEXT, FOUND)]
    assert corpus.labels == ("city", "date", "person")


def test_conversations_about_one_text_make_one_row(tmp_path: Path) -> None:
    other = {"conversations": chat(*PERSON, text="Text: It rained.")}
    other["conversations"][-1]["value"] = "[]"
    turns = [{"conversations": chat(*PERSON)}, other, {"conversations": chat(*CITY, *PERSON)}]
    corpus = corpus_of(tmp_path, *turns)
    assert told(corpus) == [("It rained.", []), (TEXT, FOUND)]
    assert [row.notes for row in read(corpus.path)] == [(), ("records_of_one_text",)]


@pytest.mark.parametrize(
    "turns",
    [
        {"messages": chat(*PERSON, keys=("role", "content"), roles=("user", "assistant"))},
        {"conversations": [{"from": "system", "value": "You are an expert."}, *chat(*PERSON)]},
        {"conversations": chat("Extract person from text", '["Ana Reis"]')},
        {"conversations": chat('Что описывает "person" в тексте?', '["Ana Reis"]', text=f"Текст: {TEXT}")},
        {
            "conversations": chat(
                '文本中属于"person"的实体有哪些？',
                '["Ana Reis"]',
                text=f"文本：{TEXT}",
                ack="我已读完这段文本。",
            )
        },
        {
            "conversations": [
                {
                    "from": "human",
                    "value": "Here are some examples of named entity recognition:\nText: Bo left.",
                },
                {"from": "gpt", "value": "I've read these examples."},
                *chat(*PERSON),
            ]
        },
    ],
    ids=["messages", "a system turn", "extract", "Russian", "Chinese", "examples before"],
)
def test_conversations_have_several_forms(tmp_path: Path, turns: dict[str, Any]) -> None:
    assert told(corpus_of(tmp_path, turns)) == [(TEXT, [("person", "Ana Reis", 0)])]


def test_definitions_may_be_labels(tmp_path: Path) -> None:
    question = "What describes a human being, named in the text? in the text?"
    corpus = corpus_of(tmp_path, {"conversations": chat(question, '["Ana Reis"]')})
    assert corpus.labels == ("a human being, named in the text?",)


def test_an_answer_that_is_no_list_drops_the_row(tmp_path: Path) -> None:
    broken = {"conversations": chat(*PERSON, CITY[0], "Porto and Lima", text="Text: Ana Reis in Porto")}
    corpus = corpus_of(tmp_path, {"conversations": chat(*PERSON)}, broken)
    report = corpus.report()
    assert [sample is not None for sample, _ in corpus.samples(report)] == [True, False]
    assert report.dropped_rows.total() == 1


def test_a_conversation_that_goes_on_otherwise_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"pile\.json:1: row 2: found conversations; expected turns"):
        corpus_of(
            tmp_path, {"conversations": chat(*PERSON)}, {"conversations": chat("Who is it?", '["Ana Reis"]')}
        )


def test_a_conversation_whose_answers_are_tags_is_another_layout(tmp_path: Path) -> None:
    path = tmp_path / "chat.json"
    turns = chat(
        "And this: Text: Bo left.", "<person>Bo</person> left.", ack="<person>Ana Reis</person> left."
    )
    path.write_text(json.dumps([{"conversations": turns}]), encoding="utf-8")
    assert Corpus(path).layout_name == "conversations"
