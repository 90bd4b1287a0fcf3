"""Sentences of a file of columns: a token and its tags a line, with what comments say of them."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.columns.column_plan import DOCUMENT, ColumnPlan
from nerforge.generators.corpora.reading.columns.column_splitting import LineFields, split_line
from nerforge.generators.corpora.reading.columns.doubled_lines import undoubled
from nerforge.generators.corpora.reading.columns.tag_features import tag_among
from nerforge.generators.corpora.reading.columns.token_spelling import TokenSpelling, plain_token
from nerforge.generators.corpora.reading.tags.token_tags import is_tag
from nerforge.generators.corpora.reading.texts_of_files.utf8_lines import byte_lines, encoding_fault
from nerforge.generators.corpora.reading.tokens.sentence_comments import KEY
from nerforge.generators.corpora.reading.tokens.sentence_lines import (
    BLANK,
    OUTSIDE,
    RareLine,
    SentenceLines,
    TokenLine,
)

_MAX_CACHED = 1 << 16
_BYTE_ORDER_MARK = "\ufeff"
_RANGE = re.compile(r"(\d+)-(\d+)")
_EMPTY_NODE = re.compile(r"\d+\.\d+")
_ENDS_OF_SENTENCE = ("EOS", "end", "</s>")
"""Lines that some tools write in place of a blank one."""
_PIECE = re.compile(r"##\w\S*")
_EXPECTED = "expected a token and its tag (O, or one such as B-LOC) with a tab or space between"


class ColumnFile:
    """A file of columns, which may be read several times."""

    def __init__(self, path: Path, plan: ColumnPlan) -> None:
        """Begin without a line."""
        self._path, self._plan = path, plan
        rare = (plan.spaces, plan.boundary, plan.offsets, plan.feature)
        self._is_rare = (
            len(plan.layers) > 1 or plan.has_ranges or plan.sentence != () or any(x is not None for x in rare)
        )
        self._cache: dict[bytes, TokenLine] = {}

    def sentences(self) -> SentenceLines:
        """Give the sentences, each at the line of its first token.

        Reading them raises ``UserError`` where the file cannot be read, or a line has no token or no tag.
        """
        spelling = self._plan.spelling
        return SentenceLines(
            self._path,
            self._bounded if self._is_rare or self._plan.has_blanks_within else self._lines,
            has_layers=self._is_rare,
            has_spaces=self._plan.spaces is not None,
            notes=() if spelling is TokenSpelling.PLAIN else (spelling.value,),
        )

    def _lines(self) -> Iterator[tuple[int, Any]]:
        cache = self._cache
        for number, raw in enumerate(byte_lines(self._path), start=1):
            line = cache.get(raw)
            yield number, self._parsed(raw, number) if line is None else line

    def _bounded(self) -> Iterator[tuple[int, Any]]:
        """Yield the lines, with a blank one where the numbers of a column tell that a sentence begins."""
        before: int | None = None
        sentence: str | None = None
        for number, line in self._words():
            if line.__class__ is RareLine:
                restarts = line.number is not None and before is not None and line.number <= before
                if restarts or (line.sentence and sentence is not None and line.sentence != sentence):
                    yield number, BLANK
                before = before if line.number is None else line.number
                sentence = line.sentence or sentence
            yield number, line

    def _words(self) -> Iterator[tuple[int, Any]]:
        """Yield the lines; a token of several words (1-2 du, 1 de, 2 le) has the tags of its words."""
        lines = self._lines()
        if self._plan.has_blanks_within:
            lines = undoubled(lines, BLANK)
        for number, line in lines:
            if line.__class__ is not RareLine or not line.n_words:
                yield number, line
                continue
            words = [word for _, word in islice(lines, line.n_words) if word.__class__ is RareLine]
            tags = zip(*(word.tags for word in words), strict=True)
            said = tuple(next((tag for tag in layer if tag not in OUTSIDE), layer[0]) for layer in tags)
            yield number, line._replace(tags=said or line.tags)

    def _parsed(self, raw: bytes, number: int) -> TokenLine:
        try:
            line = raw.decode()
        except UnicodeDecodeError as err:
            raise encoding_fault(self._path, number, err) from err
        said = self._parse(line.rstrip(), number)
        if len(self._cache) < _MAX_CACHED:
            self._cache[raw] = said
        return said

    def _parse(self, line: str, number: int) -> TokenLine:
        if not line or line.startswith(DOCUMENT) or line in _ENDS_OF_SENTENCE:
            return BLANK
        if line[0] == _BYTE_ORDER_MARK and line[1:2] not in (" ", "\t"):
            # Files with such a mark were put one behind the other.
            return _marked(self._parse(line[1:], number))
        if line == self._plan.header:
            return "#"
        fields = split_line(line, self._plan.separator)
        fitting = _fit(fields, self._plan)
        if line[0] == "#" and _is_comment(line, fitting, self._plan):
            return line
        if fitting is None:
            raise UserError(f"{self._path}:{number}: {_fault(line, self._plan)}")
        plan = self._plan
        token = fitting[plan.token]
        if token == DOCUMENT:
            return BLANK
        if plan.spelling is not TokenSpelling.PLAIN:
            token = plain_token(token, plan.spelling)
        if not self._is_rare and len(fields.fields) == plan.width:
            return token, fitting[plan.layers[0]]
        return self._rare(token, fitting, fields)

    def _rare(self, token: str, fitting: list[str], fields: LineFields) -> TokenLine:
        plan = self._plan
        number = fitting[plan.index] if plan.index is not None and plan.has_ranges else ""
        if _EMPTY_NODE.fullmatch(number):
            return "#"
        n_words = _words_of_range(number)
        notes = ["multiword_token"] * (n_words > 0) + _notes_of_width(fields, plan)
        has_space = plan.spaces is None or "SpaceAfter=No" not in fitting[plan.spaces]
        tags = tuple(fitting[layer] for layer in plan.layers)
        if plan.feature is not None:
            tags = (tag_among(tags[0], plan.feature), *tags[1:])
        at = "" if plan.boundary is None else fitting[plan.boundary]
        return RareLine(
            token,
            tags if self._is_rare else tags[0],
            has_space,
            n_words,
            tuple(notes),
            _span(fitting, plan),
            int(at) if at.isdecimal() else None,
            " ".join(fitting[column] for column in plan.sentence),
        )


def _words_of_range(number: str) -> int:
    """Count the words of the token that CoNLL-U numbers 1-2: two; of any other it is 0."""
    words = _RANGE.fullmatch(number)
    return max(int(words[2]) - int(words[1]) + 1, 0) if words else 0


def _notes_of_width(fields: LineFields, plan: ColumnPlan) -> list[str]:
    if len(fields.fields) > plan.width and not plan.is_ragged and fields.glue in ("", " "):
        return ["space_in_token" if fields.glue else "line_of_other_width"]
    return []


def _marked(line: TokenLine) -> TokenLine:
    if isinstance(line, str):
        return line
    notes = ("byte_order_mark", *(line.notes if isinstance(line, RareLine) else ()))
    rare = line if isinstance(line, RareLine) else RareLine(*line)
    return rare._replace(notes=notes)


def _span(fields: Sequence[str], plan: ColumnPlan) -> tuple[int, int] | None:
    if plan.offsets is None:
        return None
    start, end = (fields[column] for column in plan.offsets)
    return (int(start), int(end)) if start.isdecimal() and end.isdecimal() else None


def _fit(line: LineFields, plan: ColumnPlan) -> list[str] | None:
    """Bring the fields of a line into the file's columns; None where it has no token or no tag."""
    fields = line.fields
    if len(fields) > plan.width and not line.glue:
        # Columns that are aligned by several tabs.
        fields = [fields[0], *filter(None, fields[1:])]
    extra = len(fields) - plan.width
    is_usual = plan.token == 0 and plan.layers == (plan.width - 1,)
    if extra > 0 and line.glue and not plan.is_ragged:
        # "Last Name _ O I-PER" of four columns: the token is what the other columns leave.
        after = plan.token + extra + 1
        token = line.glue.join(fields[plan.token : after])
        fields = [*fields[: plan.token], token, *fields[after:]]
    elif extra:
        if not is_usual or len(fields) < 2:
            return None
        fields = [fields[0], *[""] * (plan.width - 2), fields[-1]]
    return fields if fields[plan.token] and all(fields[layer] for layer in plan.layers) else None


def _is_comment(line: str, fields: list[str] | None, plan: ColumnPlan) -> bool:
    """Tell a comment from a token that begins with ``#``."""
    if fields is None or KEY.match(line):
        return True
    if plan.index is not None:
        return not fields[plan.index].isdecimal()
    if line.startswith("#\t") and plan.token == 0:
        return False
    if _PIECE.fullmatch(fields[0]) and plan.token == 0 and len(line.split()) == plan.width:
        return False
    return not all(fields[layer] in plan.known_tags or is_tag(fields[layer]) for layer in plan.layers)


def refuse_lines(path: Path, lines: Sequence[str]) -> None:
    """Refuse the first line with a token, of a file in which no column holds tags.

    Raises:
        UserError: there is such a line.
    """
    for number, line in enumerate(map(str.rstrip, lines), start=1):
        if not line or line.startswith((DOCUMENT, "#")):
            continue
        *_, last = split_line(line, None).fields
        reason = _no_tag(line) if last == line else f"{last[:60]!r} is not a tag; {_EXPECTED}"
        raise UserError(f"{path}:{number}: {reason}")


def _no_tag(line: str) -> str:
    return f"no tag; {_EXPECTED}, found {line[:60]!r}; a file without annotations is no corpus"


def _fault(line: str, plan: ColumnPlan) -> str:
    if is_tag(line.lstrip()):
        return f"a tag without a token; {_EXPECTED}; if the token was a space, leave the line out"
    n_columns = len(split_line(line, plan.separator).fields)
    if plan.width > 2 and n_columns > 1:
        return f"has {n_columns} columns; expected {plan.width}, as most lines have"
    return _no_tag(line)
