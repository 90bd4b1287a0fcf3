import json
from pathlib import Path

import pytest

from nerforge.evaluation.chatting.query_cases import judge, read_cases
from nerforge.evaluation.chatting.session import ChatReply
from nerforge.foundation.errors import UserError
from nerforge.generators.slots.domain.slot_domain import POWER
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Answer, Outcome
from nerforge.templates.tasks import load_task

XML = load_format("xml")
SCHEMA = load_task("power").schema
QUERY = "本月菏泽投诉总数"
RIGHT = "<Date>本月</Date><Province>山东省</Province><City>菏泽</City><Indicator>投诉</Indicator>总数"


def written(folder: Path, *rows: dict[str, str]) -> Path:
    path = folder / "cases.json"
    path.write_text(json.dumps(rows), encoding="utf-8")
    return path


def reply(output: str) -> ChatReply:
    return ChatReply(QUERY, output, 0.1, XML.decode(output, QUERY, SCHEMA))


def test_the_published_queries_are_answered_in_the_words_of_the_query() -> None:
    cases = read_cases(POWER / "published_queries.json", XML, SCHEMA)
    rows = json.loads((POWER / "published_queries.json").read_text(encoding="utf-8"))
    expected = {row["id"]: row["expected"] for row in rows}
    assert len(cases) == len(expected) == 12
    for case in cases:
        assert XML.encode(case, SCHEMA) == expected[case.id]


def test_a_reply_is_exact_if_it_names_the_expected_entities(tmp_path: Path) -> None:
    (case,) = read_cases(written(tmp_path, {"query": QUERY, "expected": RIGHT}), XML, SCHEMA)
    assert case.id == "case-1"
    wrong = RIGHT.replace("<Province>山东省</Province>", "")
    judged = judge([case] * 3, [reply(RIGHT), reply(wrong), reply(f"{RIGHT}<City>")])
    assert [row.is_exact for row in judged] == [True, False, False]


def test_a_query_without_an_answer_is_not_exact(tmp_path: Path) -> None:
    (case,) = read_cases(written(tmp_path, {"query": "在吗", "expected": "在吗"}), XML, SCHEMA)
    missing = ChatReply("在吗", "", 0.1, Answer((), Outcome.UNPARSABLE), error="the server is gone")
    (row,) = judge([case], [missing])
    assert (row.is_exact, row.row.outcome, row.written) == (False, "missing", None)


def test_faults_of_cases_are_named_together(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "query": QUERY, "expected": RIGHT.replace("总数", "个数")},
        {"id": "b", "query": QUERY, "expected": f"<Town>菏泽</Town>{RIGHT}"},
        {"id": "c", "query": QUERY, "expected": RIGHT},
    ]
    with pytest.raises(
        UserError, match=r"a: expected .* text_drift\n.* b: expected .* unknown_label"
    ) as info:
        read_cases(written(tmp_path, *rows), XML, SCHEMA)
    assert "c: " not in str(info.value)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "holds no case"),
        ([{"query": QUERY}], "missing required field `expected`"),
        ([{"id": "a", "query": QUERY, "expected": RIGHT}] * 2, "the id 'a' comes twice"),
    ],
    ids=["empty", "no-answer", "twice"],
)
def test_a_file_that_is_no_list_of_cases_is_refused(
    tmp_path: Path, rows: list[dict[str, str]], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        read_cases(written(tmp_path, *rows), XML, SCHEMA)
