from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.prediction_files import PredictionOptions, read_outputs
from nerforge.evaluation.prediction_files.containers.terminal_screen import shown_lines
from nerforge.foundation.errors import UserError

GOLD = [("a", "菏泽市 投诉个数"), ("b", "投诉"), ("c", "User: 意见"), ("d", "巨野县意见")]
WELCOME = (
    "Welcome to the CLI application, use `clear` to remove the history, use `exit` to exit the application.\n"
)
TAGGED = "<City>菏泽</City>"


def read(path: Path, content: str | bytes, **options: Any) -> Any:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_outputs(path, GOLD, PredictionOptions(**options))


def chat(*pairs: tuple[str, str], between: str = "\nUser: clear\nHistory has been removed.\n") -> str:
    """Write what the program prints, its input being shown by the terminal."""
    return WELCOME + between.join(f"\nUser: {query}\nAssistant: {answer}\n" for query, answer in pairs)


TWO = (("菏泽市 投诉个数", TAGGED), ("巨野县意见", "无"))
EXPECTED = {"a": TAGGED, "d": "无"}
LOADING = "[INFO|tokenization_utils_base.py:2065] 2025-04-28 10:00:00,000 >> loading file tokenizer.json\n"
WARNING = "[WARNING|logging.py:329] 2025-04-28 10:00:01,000 >> Setting `pad_token_id`\n"
ABORT = 'Traceback (most recent call last):\n  File "cli.py", line 1\nKeyboardInterrupt\n'


@pytest.mark.parametrize(
    "content",
    [
        chat(*TWO),
        chat(*TWO, between=""),
        chat(*TWO).replace("\n", "\r\n"),
        "\ufeff" + chat(*TWO) + "\n\n\n",
        chat(*TWO).replace("\n\n", "\n"),
        chat(*TWO).replace("\nAssistant", "\n\nAssistant"),
        chat(*TWO) + "\nUser: exit\n(base) me@host:~$ ls\nPhi-4 data\n",
        chat(*TWO) + "\nUser: \n",
        chat(*TWO) + "\nUser: ^C" + ABORT,
        "$ llamafactory-cli chat chat.yaml\n" + LOADING * 3 + chat(*TWO),
        chat(*TWO).replace("Assistant: 无", f"Assistant: {WARNING}无"),
        chat(*TWO).replace("User", "用户").replace("Assistant", "助手").replace(": ", "："),
        chat(*TWO).replace("User", "Human").replace("Assistant", "AI"),
        chat(*TWO).replace("User: ", "**User:** ").replace("Assistant: ", "**Assistant:** "),
        chat(*TWO).replace("User:", "[2025-04-28 10:00:01] User:").replace("Assistant:", "10:02 Assistant:"),
        chat(*TWO).replace("User: ", "User (10:32): "),
        "\n".join(line + "  " for line in chat(*TWO).splitlines()),
        chat(*TWO).replace("投诉个数\n", "投诉\n个数\n"),
        chat(*TWO).replace("Assistant: ", "Assistant:\n"),
        chat(*TWO).replace("User", "\x1b[?2004h\rUser").replace("Assistant: ", "\x1b[1mAssistant: \x1b[0m"),
        chat(*TWO).replace("巨野县", "巨X\b \b野县"),
        chat(*TWO).replace("巨野县意见", "菏泽\b\b  \b\b\b\b  \b\b巨野县意见"),
        chat(*TWO).replace("User: 巨野县", "User: 巨\rUser: 巨野\x1b[K县"),
        "Script started on 2025-04-28\n" + chat(*TWO) + "\nScript done on 2025-04-28 10:09:00+08:00\n",
    ],
    ids=[
        "cleared",
        "one-history",
        "windows",
        "bom",
        "no-blank-lines",
        "more-blank-lines",
        "exit",
        "left",
        "aborted",
        "loading",
        "warning",
        "chinese",
        "other-names",
        "markdown",
        "time",
        "time-behind",
        "spaces",
        "wrapped-query",
        "answer-below",
        "escapes",
        "backspace",
        "wide-backspaces",
        "redrawn",
        "script",
    ],
)
def test_a_chat_is_read_however_it_was_copied(content: str, tmp_path: Path) -> None:
    found = read(tmp_path / "log.txt", content)
    assert (found.outputs, found.layout, found.counts["not_in_gold"]) == (EXPECTED, "terminal", 0)


@pytest.mark.parametrize("encoding", ["utf-16", "gbk"])
def test_a_chat_may_be_in_another_encoding(encoding: str, tmp_path: Path) -> None:
    assert read(tmp_path / "log.txt", chat(*TWO).encode(encoding)).outputs == EXPECTED


@pytest.mark.parametrize(
    "answer",
    [
        "一\n二\n\n三",
        "User: 不是提问\n无",
        "无\nUser: 投诉\nAssistant: 编的",
        "无\n\nUser: 不是提问\n还有一行\n\n完",
        "Assistant: 无",
        "clear\nexit",
        '{"a": [\n  "b"\n]}',
    ],
    ids=["lines", "user", "both", "user-behind-blank", "assistant", "commands", "json"],
)
def test_an_answer_may_hold_what_looks_like_the_chat(answer: str, tmp_path: Path) -> None:
    content = chat(("菏泽市 投诉个数", answer), ("巨野县意见", "无"), ("投诉", "x"))
    assert read(tmp_path / "log.txt", content).outputs == {"a": answer, "d": "无", "b": "x"}


def test_a_query_may_look_like_a_prompt(tmp_path: Path) -> None:
    assert read(tmp_path / "log.txt", chat(("User: 意见", "x"), *TWO)).outputs == {**EXPECTED, "c": "x"}


def test_a_query_without_an_answer_is_missing(tmp_path: Path) -> None:
    found = read(tmp_path / "log.txt", chat(*TWO) + "\nUser: 投诉\n")
    assert (found.outputs, found.counts["failed"]) == (EXPECTED, 1)


def test_an_answer_that_was_interrupted_is_cut(tmp_path: Path) -> None:
    found = read(tmp_path / "log.txt", chat(*TWO, ("投诉", "<City>菏^C" + ABORT)))
    assert (found.outputs["b"], found.cut) == ("<City>菏", {"b"})


def test_a_log_without_what_was_typed_is_matched_by_its_order_if_it_is_whole(tmp_path: Path) -> None:
    content = WELCOME + "".join(
        f"\nUser: Assistant: {i}\n\nUser: History has been removed.\n" for i in range(4)
    )
    found = read(tmp_path / "log.txt", content + "\nUser: ")
    assert found.outputs == {"a": "0", "b": "1", "c": "2", "d": "3"}
    assert "matched to gold by position, unchecked" in found.notes[0]
    with pytest.raises(UserError, match="3 rows for 4 gold samples"):
        read(tmp_path / "log.txt", content.replace("Assistant: 3\n\nUser: History", "History"))


def test_two_rounds_of_queries_in_one_log_are_refused_unless_one_is_chosen(tmp_path: Path) -> None:
    content = chat(*TWO) + chat(("菏泽市 投诉个数", "other"))
    with pytest.raises(UserError, match=r"log\.txt:13: asks line 3 again and has another answer"):
        read(tmp_path / "log.txt", content)
    assert read(tmp_path / "log.txt", content, repeats="last").outputs["a"] == "other"


@pytest.mark.whole
def test_a_log_that_was_made_to_be_slow_is_read_in_time(tmp_path: Path) -> None:
    lines = [" " * 200_000 + "x", "1" * 200_000, "\x1b[" * 50_000, "\b" * 100_000, "[" + "9" * 100_000]
    found = read(tmp_path / "log.txt", chat(("投诉", "\n".join(lines))) + "\nUser: x\n" * 2_000)
    assert found.counts["answers"] == 1


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("ab\rc", "cb"),
        ("abc\x1b[2D\x1b[Kd", "ad"),
        ("abc\b\b\x1b[Px", "ax"),
        ("a\x1b[3Cb", "a   b"),
        ("菏泽\b\b州", "菏州"),
        ("\x1b]0;title\x07text", "text"),
        ("abc\x1b[1G\x1b[2@", "  abc"),
        ("abc\x1b[2Kd", "   d"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x07bell\x00", "bell"),
        ("\x1b[999999999999999999Cx", " " * 65536 + "x"),
    ],
    ids=["return", "erase", "delete", "move", "wide", "title", "insert", "clear", "colour", "control", "far"],
)
def test_a_line_is_what_the_terminal_showed(sent: str, shown: str) -> None:
    assert list(shown_lines([sent + "\r\n"])) == [shown]
