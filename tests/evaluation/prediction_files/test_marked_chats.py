from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.prediction_files import PredictionOptions, read_outputs

GOLD = [("a", "菏泽市 投诉个数"), ("b", "投诉"), ("c", "巨野县意见")]
RULE = "-" * 50 + "\n"
LOADED = "[INFO:swift] Input `exit` or `quit` to exit the conversation.\n"
EXPECTED = {"a": "<City>菏泽</City>\n1", "b": "无", "c": "意见"}
PAIRS = [(text, EXPECTED[sample]) for sample, text in GOLD]


def read(path: Path, content: str, **options: Any) -> Any:
    path.write_text(content, encoding="utf-8")
    return read_outputs(path, GOLD, PredictionOptions(**options))


def swift(*pairs: tuple[str, str], between: str = "") -> str:
    return LOADED + between.join(f"<<< {query}\n{answer}\n{RULE}" for query, answer in pairs)


def ollama(*pairs: tuple[str, str], between: str = "") -> str:
    return between.join(f">>> {query}\n{answer}\n\n" for query, answer in pairs)


LINES = f"""{LOADED}<<< multi-line
[INFO:swift] End multi-line input with `#`.
<<<[M] 菏泽市
投诉个数#
<City>菏泽</City>
1
{RULE}<<<[M] single-line#
<<< reset-system
<<<[S] 你标注实体。
<<< 投诉
无
{RULE}<<< 巨野县意见
意见
{RULE}"""


@pytest.mark.parametrize(
    "content",
    [
        swift(*PAIRS),
        swift(*PAIRS, between="<<< clear\n"),
        swift(*PAIRS) + "<<< exit\n[INFO:swift] result_path: result.jsonl\n",
        swift(*PAIRS) + "<<< QUIT\n$ ls\nmodel\n",
        swift(*PAIRS) + "<<< ^C\nTraceback (most recent call last):\nKeyboardInterrupt\n",
        swift(*PAIRS).replace("\n", "\r\n"),
        swift(*PAIRS).replace(RULE, ""),
        swift(*PAIRS).replace("<<< 投", "\x1b[1m<<< \x1b[0m投X\b \b"),
        LINES,
        ollama(*PAIRS),
        ollama(*PAIRS, between=">>> /clear\nCleared session context\n") + ">>> /bye\n",
        ollama(*PAIRS) + ">>> Send a message (/? for help)",
        ollama(*((query, f"Thinking...\n想\n...done thinking.\n\n{answer}") for query, answer in PAIRS)),
        "".join(f"问：{query}\n答：{answer}\n" for query, answer in PAIRS),
        "".join(f"问题：{query}\n回答：{answer}\n\n" for query, answer in PAIRS),
        "".join(f"Q: {query}\nA: {answer}\n\n" for query, answer in PAIRS),
    ],
    ids=[
        "swift",
        "cleared",
        "exit",
        "quit",
        "aborted",
        "windows",
        "no-rules",
        "edited",
        "modes",
        "ollama",
        "ollama-cleared",
        "ollama-left",
        "ollama-thoughts",
        "chinese",
        "chinese-words",
        "letters",
    ],
)
def test_a_chat_with_marks_is_read_however_it_was_copied(content: str, tmp_path: Path) -> None:
    found = read(tmp_path / "log.txt", content)
    assert (found.outputs, found.layout, found.counts["not_in_gold"]) == (EXPECTED, "terminal", 0)
    assert read(tmp_path / "log.txt", content, layout="terminal").outputs == EXPECTED


@pytest.mark.parametrize("answer", ["<<< 投诉\n编的", "一\n>>> 二", "User: 投诉\nAssistant: 编的", "a\n\nb"])
def test_an_answer_above_a_rule_may_hold_marks_and_roles(answer: str, tmp_path: Path) -> None:
    content = swift((GOLD[0][1], answer), *PAIRS[1:])
    assert read(tmp_path / "log.txt", content).outputs == {**EXPECTED, "a": answer}


def test_an_answer_of_a_chat_with_roles_may_hold_marks(tmp_path: Path) -> None:
    answer = "一\n<<< 投诉\n二"
    content = "".join(f"\nUser: {q}\nAssistant: {a}\n" for q, a in [(GOLD[0][1], answer), *PAIRS[1:]])
    assert read(tmp_path / "log.txt", content).outputs == {**EXPECTED, "a": answer}


def test_a_cell_of_a_table_may_hold_marks(tmp_path: Path) -> None:
    content = "query,answer\n" + "".join(f'{q},"一\n>>> 二\n三"\n' for _, q in GOLD)
    assert set(read(tmp_path / "p.csv", content).outputs.values()) == {"一\n>>> 二\n三"}


def test_a_query_at_a_mark_without_an_answer_is_missing(tmp_path: Path) -> None:
    found = read(tmp_path / "log.txt", swift(*PAIRS[:2]) + f"<<< {GOLD[2][1]}\n")
    assert (set(found.outputs), found.counts["failed"]) == ({"a", "b"}, 1)


def test_answers_behind_marks_are_matched_by_order_where_what_was_typed_is_not_shown(tmp_path: Path) -> None:
    content = LOADED + "".join(f"<<< {answer}\n{RULE}" for _, answer in PAIRS) + "<<< "
    found = read(tmp_path / "log.txt", content)
    assert found.outputs == EXPECTED
    assert "matched to gold by position, unchecked" in found.notes[0]
