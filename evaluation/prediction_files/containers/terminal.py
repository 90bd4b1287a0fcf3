"""The text of a chat in a terminal: ``User:`` and ``Assistant:``, as ``llamafactory-cli chat`` prints them.

It prints a blank line before each ``User: ``, and a query is one line. So where a file has such blank lines,
a ``User:`` without one belongs to the answer it stands in.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.prediction_files.containers.terminal_screen import shown_lines
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout, PredictionRow
from nerforge.foundation.files.encodings import open_text
from nerforge.generators.chat_turns import ASSISTANT, ROLES, USER

_NAMES = {
    role: "|".join(sorted((re.escape(name) for name, x in ROLES.items() if x == role), key=len, reverse=True))
    for role in (USER, ASSISTANT)
}
_CLOCK = r"[\d:.,/ T年月日-]{0,40}"
# "2024-05-01 10:00:00 User: ", "[10:00] User: " and "用户 (10:00)：", as chat programs print them.
_TIME = rf"(?:[\[(（]?\d{_CLOCK}[\])）]?\s?(?:-\s)?)?"
_MARKUP = r"[\s>*#`]{0,8}"
_BEGIN = (
    r"{markup}{time}{markup}(?:{names})(?:\s?[\[(（]{clock}[\])）])?{markup}[:：]\**[ \t　]?(?P<words>.*)"
)
_USER, _ASSISTANT = (
    re.compile(_BEGIN.format(markup=_MARKUP, time=_TIME, clock=_CLOCK, names=_NAMES[role]), re.IGNORECASE)
    for role in (USER, ASSISTANT)
)
_CLEARED = "History has been removed."
_COMMANDS = frozenset({"clear", "exit"})
_LOG_LINE = re.compile(
    r"\[(?:INFO|WARNING|ERROR|DEBUG)(?:\||:swift\])[^\n]*(?:\n|$)"
    r"|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^\n]*(?:INFO|WARNING|ERROR)[^\n]*(?:\n|$)",
    re.MULTILINE,
)
_ABORTED = re.compile(r"\^C|^Traceback \(most recent call last\):", re.MULTILINE)
_SCRIPT_END = re.compile(r"^Script done\b.*", re.MULTILINE)


class Line(NamedTuple):
    """A line of a chat as the terminal showed it."""

    number: int
    text: str
    is_behind_blank: bool
    """Whether a blank line, or nothing, stands above it."""


def is_query(line: str) -> bool:
    """Tell a line that a user is made to begin."""
    return _USER.fullmatch(line) is not None


def is_chat(path: Path, encoding: str) -> bool:
    """Tell whether a text holds a line that an assistant is made to begin, below one of the user."""
    has_user = False
    with open_text(path, encoding, newline="\n") as file:
        for line in shown_lines(file):
            if asked := _USER.fullmatch(line):
                has_user = True
            answered = asked["words"] if asked else line
            if has_user and _ASSISTANT.fullmatch(answered):
                return True
    return False


def read_chat(path: Path, encoding: str) -> Iterator[tuple[int, Fields]]:
    """Yield the exchanges of a chat with the lines where their queries stand."""
    with open_text(path, encoding, newline="\n") as file:
        lines = list(numbered(shown_lines(file)))
    prompts = _find_prompts(lines)
    for place, end in zip(prompts, [*prompts[1:], len(lines)], strict=True):
        exchange = _read_exchange(lines[place:end])
        if exchange is not None:
            yield lines[place].number, exchange


def numbered(lines: Iterable[str]) -> Iterator[Line]:
    """Number lines from 1."""
    above = ""
    for number, line in enumerate(lines, start=1):
        yield Line(number, line, not above.strip())
        above = line


def _find_prompts(lines: Sequence[Line]) -> list[int]:
    """Find the lines where the user is asked."""
    candidates = [place for place, line in enumerate(lines) if _USER.fullmatch(line.text)]
    spaced = [place for place in candidates if lines[place].is_behind_blank]
    # The first prompt has nothing above it and is always spaced; so a second one must show the habit.
    if not any(_leads_to_answer(lines, place) for place in spaced[1:]):
        return [place for place in candidates if _leads_to_answer(lines, place)]
    return [place for place in spaced if _leads_to_answer(lines, place)]


def _leads_to_answer(lines: Sequence[Line], place: int) -> bool:
    """Tell whether a prompt follows that was answered, obeyed or left, and not words of an answer.

    A query that was wrapped goes on in the lines below, without a blank one.
    """
    words = _words(_USER, lines[place].text)
    if not words.strip() or words.strip() in _COMMANDS or _ABORTED.match(words.lstrip()):
        return True
    if _ASSISTANT.fullmatch(words):
        return True
    is_wrapped = has_blank = False
    for line in lines[place + 1 :]:
        if _ASSISTANT.fullmatch(line.text) or line.text.strip() == _CLEARED:
            return True
        if _USER.fullmatch(line.text):
            break
        if line.text.strip() and has_blank:
            return False
        is_wrapped |= bool(line.text.strip())
        has_blank |= not line.text.strip()
    return not is_wrapped


def _read_exchange(lines: Sequence[Line]) -> Fields | None:
    """Read a query with its answer; None where the prompt was left, or took a command."""
    first = _words(_USER, lines[0].text)
    if _ASSISTANT.fullmatch(first):
        # What is typed is not shown where the log holds only what the program writes.
        return exchange_fields(None, [_words(_ASSISTANT, first), *(line.text for line in lines[1:])])
    start = next((i for i, line in enumerate(lines) if i and _ASSISTANT.fullmatch(line.text)), None)
    # Joined without a blank: a terminal wraps Chinese in the middle of a sentence.
    query = "".join([first, *(line.text for line in lines[1 : start or 1])]).strip()
    if not query or query in _COMMANDS or _CLEARED in query or _ABORTED.match(query):
        return None
    if start is None:
        return {"query": query, "answer": None}
    answer = [_words(_ASSISTANT, lines[start].text), *(line.text for line in lines[start + 1 :])]
    return exchange_fields(query, answer)


def exchange_fields(query: str | None, answer: Sequence[str]) -> Fields:
    """Give the row of an exchange, without what the program logs and what ends a session."""
    # LLaMA-Factory ([INFO|...) and ms-swift ([INFO:swift]) log into the terminal, also within an answer.
    said = _LOG_LINE.sub("", "\n".join(answer))
    said = _SCRIPT_END.sub("", said).replace(_CLEARED, "")
    aborted = _ABORTED.search(said)
    said = said[: aborted.start()] if aborted else said
    return {"query": query, "answer": said.strip(), "is_cut": aborted is not None}


def _words(pattern: re.Pattern[str], line: str) -> str:
    match = pattern.fullmatch(line)
    return match["words"] if match else ""


def _read(fields: Fields) -> list[PredictionRow]:
    return [PredictionRow(fields["answer"], prompt=fields["query"], is_cut=bool(fields.get("is_cut")))]


LAYOUT = PredictionLayout(
    "terminal", "User: …, Assistant: … (text), or <<< …", lambda fields: False, _read, is_loose=True
)
