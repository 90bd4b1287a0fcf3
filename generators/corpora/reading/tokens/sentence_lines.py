"""Lines of tokens put together to sentences, with a blank line between these, or where they end."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.tokens.sentence_comments import KEY, facts_of
from nerforge.generators.corpora.reading.tokens.sentence_ends import sentence_ends
from nerforge.generators.corpora.reading.tokens.tagged_sentences import NO_FACTS, TaggedSentence

MAX_TOKENS = 100_000
DIVIDED = "sentences_without_blank_line"
BLANK = ""
OUTSIDE = ("O", "o", "_", "-")
"""What stands for no entity in one file or another."""
_LONG = 5_000
"""Tokens of a sentence from which on it is divided at the signs that end sentences."""
_LONG_FILE = 500
"""The same of one that is all there is in the file."""
_STEP = 1_000


class RareLine(NamedTuple):
    """A token of a file or line in which more than a token and its tag matters."""

    token: str
    tags: str | tuple[str, ...]
    """As ``_Block`` has them."""
    has_space: bool = True
    n_words: int = 0
    """How many of the following lines are words of this token; 0 for a usual one."""
    notes: tuple[str, ...] = ()
    span: tuple[int, int] | None = None
    """Where it starts and ends in its document, where the file says so."""
    number: int | None = None
    """That of its token in the sentence, where nothing else tells sentences apart."""
    sentence: str = ""
    """What the file calls its sentence, in the same case."""


# A blank line is empty, a comment is its text, and a pair is a token with its tag: by far the most of lines.
TokenLine = str | tuple[str, str] | RareLine


@dataclass(slots=True)
class _Block:
    """Lines without a blank one between them."""

    comments: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    tags: list[Any] = field(default_factory=list)
    """The tag of each token, or its tags of all layers."""
    spaces: list[bool] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_ended: bool = False
    """Whether a blank line stands behind it."""
    is_rest: bool = False
    """Whether it is the end of a sentence that has been divided."""

    def divide(self) -> list["_Block"]:
        """Divide it at the signs that end sentences."""
        is_outside = [
            tag in OUTSIDE if isinstance(tag, str) else all(x in OUTSIDE for x in tag) for tag in self.tags
        ]
        cuts = [0, *sentence_ends(self.tokens, is_outside), len(self.tokens)]
        if len(cuts) < 3 and not self.is_rest:
            return [self]
        return [self._part(slice(*cut)) for cut in pairwise(cuts)]

    def _part(self, part: slice) -> "_Block":
        notes = [DIVIDED, *(note for note in self.notes if part.start == 0 and note != DIVIDED)]
        return _Block(
            [],
            self.lines[part],
            self.tokens[part],
            self.tags[part],
            self.spaces[part],
            self.spans[part],
            notes,
            is_rest=True,
        )


class SentenceLines:
    """The sentences of a file of tokens, which may be read several times."""

    def __init__(
        self,
        path: Path,
        lines: Callable[[], Iterator[tuple[int, Any]]],
        *,
        has_layers: bool = False,
        has_spaces: bool = False,
        notes: tuple[str, ...] = (),
    ) -> None:
        """Begin without a line.

        Args:
            path: The file.
            lines: Gives its lines, each a ``TokenLine`` with its number, anew with each call.
            has_layers: Whether each token has a tuple of tags, one of each layer.
            has_spaces: Whether the lines say behind which tokens there is a space.
            notes: What is noted at each sentence.
        """
        self._path, self._lines, self._notes = path, lines, notes
        self._has_layers, self._has_spaces = has_layers, has_spaces

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
        layers: list[Sequence[str]] = (
            list(zip(*block.tags, strict=True)) if self._has_layers else [block.tags]
        )
        return TaggedSentence(
            block.lines[0],
            block.tokens,
            layers,
            facts_of(block.comments) if block.comments else NO_FACTS,
            self._spaces(block),
            (*self._notes, *block.notes),
            block.lines,
        )

    def _spaces(self, block: _Block) -> list[bool] | None:
        """Tell behind which tokens the file says that there is a space: where the next starts further on."""
        if len(block.spans) == len(block.tokens):
            gaps = [after[0] > before[1] for before, after in pairwise(block.spans)]
            return [*gaps, False]
        return block.spaces if self._has_spaces else None

    def _blocks(self) -> Iterator[_Block]:
        """Yield what stands between blank lines, and parts of that where it is far too long."""
        block, limit = _Block(), min(_LONG, MAX_TOKENS + 1)
        for number, line in self._lines():
            if line.__class__ is str:
                if line or not block.tokens:
                    block.comments += [line] if line and not block.tokens else []
                    continue
                block.is_ended = True
                yield from block.divide() if block.is_rest else [block]
                block, limit = _Block(), min(_LONG, MAX_TOKENS + 1)
                continue
            if line.__class__ is RareLine:
                block.notes += line.notes
                if not line.token:
                    continue
                block.spaces.append(line.has_space)
                if line.span is not None:
                    block.spans.append(line.span)
            block.lines.append(number)
            block.tokens.append(line[0])
            block.tags.append(line[1])
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


def _may_be_divided(block: _Block) -> bool:
    """Tell whether nothing says that a sentence is one."""
    return not any(KEY.match(comment) for comment in block.comments)
