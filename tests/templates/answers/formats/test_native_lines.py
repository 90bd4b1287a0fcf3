"""Answers just as the JSON formats write them are read without JSON, truncated ones too."""

import pytest

from nerforge.templates.answers import load_format
from nerforge.templates.domain import Entity, Outcome, PartKind, Sample
from nerforge.templates.tasks import load_task
from tests.fuzz_answers import part_faults

SCHEMA = load_task("cmeee").schema
TEXT = "术后患者发热，肺部感染加重，予头孢治疗，肺部感染好转"
ENTITIES = (
    Entity("sym", "发热", 4, 6),
    Entity("dis", "肺部感染", 7, 11),
    Entity("dru", "头孢", 15, 17),
)
PLAIN = Sample("a", TEXT.replace("，肺部感染好转", ""), ENTITIES)
NAMES = ("json", "occurrence", "grouped")


def said(answer: str, name: str = "json", text: str = PLAIN.text) -> list[tuple[PartKind, str]]:
    """List what the parts of an answer are."""
    parts = load_format(name).decode(answer, text, SCHEMA).parts
    return [(part.kind, answer[part.start : part.end]) for part in parts if part.kind is not PartKind.FRAME]


@pytest.mark.parametrize("name", NAMES)
def test_parts_of_a_native_answer_are_its_values_and_labels(name: str) -> None:
    answer = load_format(name).encode(PLAIN, SCHEMA)
    values = [(PartKind.VALUE, words) for words in ("发热", "肺部感染", "头孢")]
    labels = [(PartKind.LABEL, words) for words in ("临床表现", "疾病", "药物")]
    assert sorted(said(answer, name)) == sorted(values + labels)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("around", [("", ""), (" \n", "\n")], ids=["bare", "blanks"])
def test_native_answers_are_accounted_for(name: str, around: tuple[str, str]) -> None:
    written = load_format(name).encode(PLAIN, SCHEMA)
    for answer in (written, SCHEMA.empty_sentence):
        answer = around[0] + answer + around[1]
        read = load_format(name).decode(answer, PLAIN.text, SCHEMA)
        assert list(part_faults(answer, read)) == []
        assert read.entities == (ENTITIES if written in answer else ())


def test_a_truncated_answer_keeps_its_whole_lines_and_accounts_for_the_rest() -> None:
    written = load_format("json").encode(PLAIN, SCHEMA)
    for end in range(1, len(written)):
        answer = written[:end]
        read = load_format("json").decode(answer, PLAIN.text, SCHEMA)
        # Only the brace may be missing.
        assert read.entities == ENTITIES[: answer.count('病"') + answer.count('物"') + answer.count('现"')]
        if not answer.endswith(("}", "}\n")):
            assert read.outcome is (Outcome.SALVAGED if read.entities else Outcome.UNPARSABLE)
            assert any(problem.kind.loses for problem in read.problems)
        # A key that ends at its colon is read by the other readers.
        if not answer.rstrip().endswith('"entity_label":'):
            assert list(part_faults(answer, read)) == []


def test_what_is_lost_of_a_truncated_answer_is_a_part() -> None:
    written = load_format("json").encode(PLAIN, SCHEMA)
    assert said(written[:60]) == [
        (PartKind.VALUE, "发热"),
        (PartKind.LABEL, "临床表现"),
        (PartKind.PROBLEM, '{"entity_text"'),
    ]
    assert said(SCHEMA.empty_sentence[:4]) == [(PartKind.PROBLEM, SCHEMA.empty_sentence[:4])]


@pytest.mark.parametrize(
    ("line", "entities"),
    [
        pytest.param('{"entity_text": "肺部感染", "entity_label": "疾病"}', [(7, 11)], id="first mention"),
        pytest.param('{"entity_text": "发\\u70ed", "entity_label": "临床表现"}', [(4, 6)], id="escaped"),
        pytest.param('{"entity_text":"发热","entity_label":"临床表现"}', [(4, 6)], id="other blanks"),
        pytest.param('{"entity_label": "临床表现", "entity_text": "发热"}', [(4, 6)], id="other order"),
        pytest.param('{"entity_text": "发热", "entity_label": "临床表现"} ' * 2, [(4, 6)], id="in one line"),
    ],
)
def test_what_is_nearly_native_is_read_as_before(line: str, entities: list[tuple[int, int]]) -> None:
    assert [x.span for x in load_format("json").decode(line, TEXT, SCHEMA).entities] == entities


def test_a_number_picks_the_mention() -> None:
    line = '{"entity_text": "肺部感染", "entity_label": "疾病", "occurrence": %d}'
    decode = load_format("occurrence").decode
    assert decode(line % 2, TEXT, SCHEMA).entities == (Entity("dis", "肺部感染", 20, 24),)
    assert decode(f"{line % 2}\n{line % 1}", TEXT, SCHEMA).entities == (
        Entity("dis", "肺部感染", 20, 24),
        Entity("dis", "肺部感染", 7, 11),
    )
    assert decode(f"{line % 2}\n{line % 2}", TEXT, SCHEMA).outcome is Outcome.REPAIRED
