"""The text of a chat whose prompt is a mark: ``<<<`` of ``swift infer``, ``>>>`` of ``ollama run``.

The answer stands below the query. ``swift infer`` prints a line of dashes below each answer: where a text has
such lines, a mark without one above it belongs to the answer it stands in.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.prediction_files.containers.terminal import Line, exchange_fields, is_query, numbered
from nerforge.evaluation.prediction_files.containers.terminal_screen import shown_lines
from nerforge.evaluation.prediction_files.prediction_rows import Fields
from nerforge.foundation.files.encodings import open_text

# Not <<<< and >>>>, which are conflict marks of git; "<<<[M] " asks ms-swift's user for several lines.
_MARK = re.compile(r"(?:<<<(?!<)|>>>(?!>))(?P<mode>\[[A-Z]{1,2}\])?[ \t　]?(?P<words>.*)")
_RULE = re.compile(r"-{20,}\s*")
_LOG_LINE = re.compile(r"\[(?:INFO|WARNING|ERROR|DEBUG)[:|].*")
_COMMANDS = frozenset(
    {"exit", "quit", "clear", "reset-system", "multi-line", "single-line", "send a message (/? for help)"}
)
_SLASHED = re.compile(r"/(?:set|show|load|save|clear|bye|exit|help|\?)(?:\s.*)?", re.DOTALL)
_ASKS_SYSTEM = "S"
_ASKS_LINES = "M"
_END_OF_LINES = "#"
_THOUGHTS = re.compile(r"\AThinking\.\.\.\n.*?\n\.\.\.done thinking\.\n", re.DOTALL)


class _Asked(NamedTuple):
    """What was typed at a mark, and the lines below it."""

    line: Line
    words: str
    is_command: bool
    below: list[str]

    @property
    def is_ruled_off(self) -> bool:
        """Whether the rule stands right below, as it does where what was typed is not shown."""
        return bool(self.below) and _RULE.fullmatch(self.below[0]) is not None


def is_chat(path: Path, encoding: str) -> bool:
    """Tell whether a text holds a query at a mark, with words below it, and no user is named before it."""
    with open_text(path, encoding, newline="\n") as file:
        is_asked = False
        for line in shown_lines(file):
            if not is_asked and is_query(line):
                return False
            if is_asked and line.strip() and not _MARK.fullmatch(line):
                return True
            match = _MARK.fullmatch(line)
            is_asked |= match is not None and bool(match["words"].strip())
    return False


def read_chat(path: Path, encoding: str) -> Iterator[tuple[int, Fields]]:
    """Yield the exchanges of a chat with the lines where their queries stand."""
    with open_text(path, encoding, newline="\n") as file:
        lines = list(numbered(shown_lines(file)))
    prompts = _find_prompts(lines)
    found = [
        _read_prompt(lines[place:end]) for place, end in zip(prompts, [*prompts[1:], len(lines)], strict=True)
    ]
    asked = [exchange for exchange in found if not exchange.is_command]
    # A log of stdout alone lacks what was typed: then each rule stands right below its mark.
    is_typed = sum(exchange.is_ruled_off for exchange in asked) * 2 < len(asked)
    for exchange in asked:
        yield exchange.line.number, _fields(exchange, is_typed)


def _find_prompts(lines: Sequence[Line]) -> list[int]:
    """Find the lines where the user is asked."""
    marked = [place for place, line in enumerate(lines) if _MARK.fullmatch(line.text)]
    if not any(_RULE.fullmatch(line.text) for line in lines):
        return marked
    found: list[int] = []
    for place in marked:
        if not found or _is_free(lines[found[-1] : place]):
            found.append(place)
    return found


def _is_free(lines: Sequence[Line]) -> bool:
    """Tell whether the program asks again below a prompt and what followed it: a rule, or a command."""
    said = [line.text for line in lines if line.text.strip() and not _LOG_LINE.fullmatch(line.text)]
    return not said or _RULE.fullmatch(said[-1]) is not None or _read_prompt(lines).is_command


def _read_prompt(lines: Sequence[Line]) -> _Asked:
    match = _MARK.fullmatch(lines[0].text)
    mode, words = (match["mode"] or "", match["words"]) if match else ("", "")
    below = [line.text for line in lines[1:]]
    if _ASKS_LINES in mode:
        while not words.rstrip().endswith(_END_OF_LINES) and below:
            words += "\n" + below.pop(0)
        words = words.rstrip().removesuffix(_END_OF_LINES)
    words = words.strip()
    is_command = not words or words.casefold() in _COMMANDS or _SLASHED.fullmatch(words) is not None
    return _Asked(lines[0], words, is_command or _ASKS_SYSTEM in mode or words.startswith("^"), below)


def _fields(asked: _Asked, is_typed: bool) -> Fields:
    """Give the row of an exchange, its answer ending at the last rule."""
    rules = [place for place, line in enumerate(asked.below) if _RULE.fullmatch(line)]
    answer = asked.below[: rules[-1]] if rules else asked.below
    if not is_typed:
        return exchange_fields(None, [asked.words, *answer])
    fields = exchange_fields(asked.words, [_THOUGHTS.sub("", "\n".join(answer).lstrip())])
    return fields if fields["answer"] or rules else {**fields, "answer": None}
