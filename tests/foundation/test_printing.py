import io
import json

import pytest

from nerforge.foundation.printing import ESCAPE, printable, printable_json, printable_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("王毅 a-b\u3000c", "王毅 a-b\u3000c"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\r\n\tb\x00\x85\x7f", r"a\r\n\tb\x00\x85\x7f"),
        ("\u202e反\u2028\u200b", r"\u202e反\u2028\u200b"),
        ("\U000e0041", r"\U000e0041"),
        ("caf\udce9 \ud83d", r"caf\xe9 \ud83d"),
        ("a\xa0b", r"a\xa0b"),
    ],
    ids=["nothing", "escape", "controls", "unseen", "tag", "surrogates", "no-break space"],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert shown.replace("\u3000", "").isprintable()


def test_lines_stay_apart() -> None:
    assert printable_lines("a\x1b\nb\r\n") == "a\\x1b\nb\\r\n"


@pytest.mark.parametrize("is_ascii", [True, False])
def test_json_with_escapes_is_the_same_json(is_ascii: bool) -> None:
    value = {"王\x9b": ["\u202e😀\U000e0041", "\x7f\n"]}
    shown = printable_json(json.dumps(value, ensure_ascii=False, indent=2), is_ascii=is_ascii)
    assert json.loads(shown) == value
    assert all(line.isprintable() and (not is_ascii or line.isascii()) for line in shown.split("\n"))


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", r"\u738b\xe9\U0001f600"), ("cp1252", "\\u738bé\\U0001f600")]
)
def test_a_stream_writes_out_what_its_encoding_lacks(encoding: str, shown: str) -> None:
    kept = io.BytesIO()
    stream = io.TextIOWrapper(kept, encoding=encoding, errors=ESCAPE)
    stream.write("王é😀")
    stream.flush()
    assert kept.getvalue().decode(encoding) == shown
