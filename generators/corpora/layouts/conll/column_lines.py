"""Sentences of a file of columns: a token and its tags a line, with what comments say of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts.conll.sentence_comments import KEY, facts_of
from nerforge.generators.corpora.layouts.conll.sentence_ends import sentence_ends
from nerforge.generators.corpora.reading.column_plan import DOCUMENT, ColumnPlan
from nerforge.generators.corpora.reading.column_splitting import LineFields, split_line, unquoted
from nerforge.generators.corpora.reading.tagged_sentences import NO_FACTS, TaggedSentence
from nerforge.generators.corpora.reading.token_spelling import TokenSpelling, plain_token
from nerforge.generators.corpora.reading.token_tags import is_tag
from nerforge.generators.corpora.reading.utf8_lines import byte_lines, encoding_fault

MAX_TOKENS = 100_000
DIVIDED = "sentences_without_blank_line"
_LONG = 5_000
"""Tokens of a sentence from which on it is divided at the signs that end sentences."""
_LONG_FILE = 500
"""The same of one that is all there is in the file."""
_STEP = 1_000
_MAX_CACHED = 1 << 16
_RANGE = re.compile(r"(\d+)-(\d+)")
_EMPTY_NODE = re.compile(r"\d+\.\d+")
_OUTSIDE = ("O", "o", "_", "-")
_EXPECTED = "expected a token and its tag (O, or one such as B-LOC) with a tab or space between"
_BLANK = ""


class _RareLine(NamedTuple):
    """A token of a file or line in which more than a token and its tag matters."""

    token: str
    tags: str | tuple[str, ...]
    """As ``_Block`` has them."""
    has_space: bool = True
    n_words: int = 0
    """How many of the following lines are words of this token; 0 for a usual one."""
    notes: tuple[str, ...] = ()


# A blank line is empty, a comment is its text, and a pair is a token with its tag: by far the most of lines.
_Line = str | tuple[str, str] | _RareLine


@dataclass(slots=True)
class _Block:
    """Lines without a blank one between them."""

    comments: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    tags: list[Any] = field(default_factory=list)
    """The tag of each token, or its tags of all layers."""
    spaces: list[bool] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_ended: bool = False
    """Whether a blank line stands behind it."""
    is_rest: bool = False
    """Whether it is the end of a sentence that has been divided."""

    def divide(self) -> list["_Block"]:
        """Divide it at the signs that end sentences."""
        is_outside = [
            tag in _OUTSIDE if isinstance(tag, str) else all(x in _OUTSIDE for x in tag) for tag in self.tags
        ]
        cuts = [0, *sentence_ends(self.tokens, is_outside), len(self.tokens)]
        if len(cuts) < 3 and not self.is_rest:
            return [self]
        return [self._part(slice(*cut)) for cut in pairwise(cuts)]

    def _part(self, part: slice) -> "_Block":
        notes = [DIVIDED, *(self.notes if part.start == 0 else ())]
        return _Block(
            [], self.lines[part], self.tokens[part], self.tags[part], self.spaces[part], notes, is_rest=True
        )


class ColumnFile:
    """A file of columns, which may be read several times."""

    def __init__(self, path: Path, plan: ColumnPlan) -> None:
        """Begin without a line."""
        self._path, self._plan = path, plan
        self._n_layers = len(plan.layers)
        self._is_rare = self._n_layers > 1 or plan.spaces is not None or plan.has_ranges
        self._cache: dict[bytes, _Line] = {}

    def sentences(self) -> Iterator[TaggedSentence]:
        """Yield the sentences, each at the line of its first token.

        Raises:
            UserError: the file cannot be read, or a line has no token or no tag.
        """
        only: _Block | None = None
        for number, block in enumerate(self._blocks()):
            if number == 0:
                only = block
                continue
            if only is not None:
                yield self._sentence(only)
                only = None
            yield self._sentence(block)
        if only is None:
            return
        # A file of one sentence: either it has just one, or nobody put blank lines between them.
        is_file = not only.is_ended or len(only.tokens) >= _LONG_FILE
        for part in only.divide() if is_file and _may_be_divided(only) else [only]:
            yield self._sentence(part)

    def where(self, sentence: TaggedSentence, token: int) -> str:
        """Name the line of a token."""
        return f"{self._path}:{sentence.lines[token]}"

    def _sentence(self, block: _Block) -> TaggedSentence:
        layers: list[Sequence[str]] = list(zip(*block.tags, strict=True)) if self._is_rare else [block.tags]
        return TaggedSentence(
            block.lines[0],
            block.tokens,
            layers,
            facts_of(block.comments) if block.comments else NO_FACTS,
            block.spaces if self._plan.spaces is not None else None,
            (*self._notes, *block.notes),
            block.lines,
        )

    @property
    def _notes(self) -> tuple[str, ...]:
        spelling = self._plan.spelling
        return () if spelling is TokenSpelling.PLAIN else (spelling.value,)

    def _blocks(self) -> Iterator[_Block]:
        """Yield what stands between blank lines, and parts of that where it is far too long."""
        block, limit = _Block(), min(_LONG, MAX_TOKENS + 1)
        for number, line in self._words() if self._is_rare else self._lines():
            if line.__class__ is str:
                if line or not block.tokens:
                    block.comments += [line] if line and not block.tokens else []
                    continue
                block.is_ended = True
                yield from block.divide() if block.is_rest else [block]
                block, limit = _Block(), min(_LONG, MAX_TOKENS + 1)
                continue
            block.lines.append(number)
            block.tokens.append(line[0])
            block.tags.append(line[1])
            if line.__class__ is _RareLine:
                block.spaces.append(line.has_space)
                block.notes += line.notes
            if len(block.tokens) >= limit:
                *parts, block = self._relieved(block)
                yield from parts
                limit = min(len(block.tokens) + _STEP, MAX_TOKENS + 1)
        if block.tokens:
            yield from block.divide() if block.is_rest else [block]

    def _relieved(self, block: _Block) -> list[_Block]:
        """Divide a sentence that is too long; the last part goes on."""
        parts = block.divide() if _may_be_divided(block) else [block]
        if len(parts[-1].tokens) > MAX_TOKENS:
            raise UserError(
                f"{self._path}:{block.lines[-1]}: a sentence has more than {MAX_TOKENS} tokens; "
                f"expected a blank line between sentences"
            )
        return parts

    def _lines(self) -> Iterator[tuple[int, Any]]:
        cache = self._cache
        for number, raw in enumerate(byte_lines(self._path), start=1):
            line = cache.get(raw)
            yield number, self._parsed(raw, number) if line is None else line

    def _words(self) -> Iterator[tuple[int, Any]]:
        """Yield the lines; a token of several words (1-2 du, 1 de, 2 le) has the tags of its words."""
        lines = self._lines()
        for number, line in lines:
            if line.__class__ is not _RareLine or not line.n_words:
                yield number, line
                continue
            words = [word for _, word in islice(lines, line.n_words) if word.__class__ is _RareLine]
            tags = zip(*(word.tags for word in words), strict=True)
            said = tuple(next((tag for tag in layer if tag not in _OUTSIDE), layer[0]) for layer in tags)
            yield number, line._replace(tags=said or line.tags)

    def _parsed(self, raw: bytes, number: int) -> _Line:
        try:
            line = raw.decode()
        except UnicodeDecodeError as err:
            raise encoding_fault(self._path, number, err) from err
        said = self._parse(line.rstrip(), number)
        if self._plan.has_header and number == 1:
            return "#"
        if len(self._cache) < _MAX_CACHED:
            self._cache[raw] = said
        return said

    def _parse(self, line: str, number: int) -> _Line:
        if not line or line.startswith(DOCUMENT):
            return _BLANK
        fields = split_line(line, self._plan.separator)
        fitting = _fit(fields, self._plan)
        if line[0] == "#" and _is_comment(line, fitting, self._plan):
            return line
        if fitting is None:
            if self._plan.has_header and number == 1:
                return "#"
            raise UserError(f"{self._path}:{number}: {_fault(line, self._plan)}")
        plan = self._plan
        token = fitting[plan.token]
        if token == DOCUMENT:
            return _BLANK
        if plan.separator is not None:
            token = unquoted(token)
        if plan.spelling is not TokenSpelling.PLAIN:
            token = plain_token(token, plan.spelling)
        if not self._is_rare and len(fields.fields) == plan.width:
            return token, fitting[plan.layers[0]]
        return self._rare(token, fitting, fields)

    def _rare(self, token: str, fitting: list[str], fields: LineFields) -> _Line:
        plan = self._plan
        n_words = 0
        if plan.index is not None and plan.has_ranges:
            if _EMPTY_NODE.fullmatch(fitting[plan.index]):
                return "#"
            if words := _RANGE.fullmatch(fitting[plan.index]):
                n_words = max(int(words[2]) - int(words[1]) + 1, 0)
        notes = ["multiword_token"] * (n_words > 0)
        if len(fields.fields) > plan.width and not plan.is_ragged:
            notes.append("space_in_token" if fields.glue else "line_of_other_width")
        has_space = plan.spaces is None or "SpaceAfter=No" not in fitting[plan.spaces]
        tags = tuple(fitting[layer] for layer in plan.layers)
        return _RareLine(token, tags if self._is_rare else tags[0], has_space, n_words, tuple(notes))


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
    return not all(fields[layer] in plan.known_tags or is_tag(fields[layer]) for layer in plan.layers)


def _may_be_divided(block: _Block) -> bool:
    """Tell whether nothing says that a sentence is one."""
    return not any(KEY.match(comment) for comment in block.comments)


def _fault(line: str, plan: ColumnPlan) -> str:
    if is_tag(line.lstrip()):
        return f"a tag without a token; {_EXPECTED}; if the token was a space, leave the line out"
    n_columns = len(split_line(line, plan.separator).fields)
    if plan.width > 2 and n_columns > 1:
        return f"has {n_columns} columns; expected {plan.width}, as most lines have"
    return f"no tag; {_EXPECTED}, found {line[:60]!r}; a file without annotations is no corpus"
