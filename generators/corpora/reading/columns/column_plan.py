"""Which column of a file holds the token and which ones the tags, as the beginning of the file tells."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.reading.columns.column_names import TAGS, TOKENS, find_column, is_header
from nerforge.generators.corpora.reading.columns.column_splitting import (
    OTHER_SEPARATORS,
    TABLE_SEPARATORS,
    WHITE,
    split_line,
)
from nerforge.generators.corpora.reading.columns.doubled_lines import BLANK_BEHIND_TOKENS, are_doubled
from nerforge.generators.corpora.reading.columns.number_columns import (
    are_plain_numbers,
    boundary_column,
    is_count,
    is_repeated,
    is_telling,
    number_tokens,
    offset_columns,
    tells_spaces,
)
from nerforge.generators.corpora.reading.columns.sentence_numbers import sentence_columns
from nerforge.generators.corpora.reading.columns.tag_features import find_feature, tag_among
from nerforge.generators.corpora.reading.columns.tags_of_texts import find_tagged_texts, line_of_tags
from nerforge.generators.corpora.reading.columns.token_spelling import TokenSpelling, find_spelling
from nerforge.generators.corpora.reading.tags.annotation_layers import LayerComparison, compare_layers
from nerforge.generators.corpora.reading.tags.parse_brackets import are_brackets, tags_of_brackets
from nerforge.generators.corpora.reading.tags.tag_columns import PAIRED, TagColumn, tag_column_of

MAX_LINES = 5_000
"""Lines that are looked at."""
DOCUMENT = "-DOCSTART-"
SECOND_ANNOTATION = "second_annotation_not_read"
HEADER = "header_line_not_read"
# Phrases of the Penn Treebank and of German corpora: https://aclanthology.org/W00-0726/
_PHRASES = frozenset(
    "NP VP PP ADJP ADVP SBAR PRT CONJP INTJ LST UCP QP DP NC VC PC AC SC NX WHNP PRN FRAG CLP DNP LCP".split()
)
_COMMON_PHRASES = frozenset(("NP", "VP", "NC", "VC"))
_GLOBAL_COLUMNS = re.compile(r"#\s*global\.columns\s*=\s*(.+)")


@dataclass(frozen=True)
class ColumnPlan:
    """What the columns of a file are; they are counted from 0."""

    separator: str | None
    width: int
    token: int
    layers: tuple[int, ...]
    """The columns of tags, outer entities before inner ones."""
    is_ragged: bool = False
    """Whether lines have any number of columns, of which the first is the token and the last the tag."""
    index: int | None = None
    """The column that numbers the tokens."""
    has_ranges: bool = False
    """Whether it numbers as CoNLL-U does, where 1-2 is a token of the words 1 and 2."""
    boundary: int | None = None
    """In a file without blank lines, the column that numbers the tokens of each sentence anew."""
    sentence: tuple[int, ...] = ()
    """In such a file, the columns that number documents and sentences."""
    feature: re.Pattern[str] | None = None
    """What finds the tag among the features of its column, as of ``NER=B-LOC|SpaceAfter=No``."""
    are_brackets: bool = False
    """Whether the tags are brackets, as of CoNLL-2012."""
    spaces: int | None = None
    """The column that says ``SpaceAfter=No``."""
    offsets: tuple[int, int] | None = None
    """The columns that say where in its document a token starts and ends."""
    spelling: TokenSpelling = TokenSpelling.PLAIN
    header: str | None = None
    """The line that names the columns."""
    known_tags: frozenset[str] = frozenset()
    """Those of the lines that were looked at."""
    second_annotation: int | None = None
    """A column of tags that says of the same entities what the one before it says."""
    are_nested: bool = True
    """Whether entities of the last layer stand within, around or across those of the layers before it."""
    has_blanks_within: bool = False
    """Whether a blank line stands behind each token."""
    notes: tuple[str, ...] = ()
    """What is not read."""

    @property
    def has_table_header(self) -> bool:
        """Whether the line that names the columns is that of a table."""
        return self.header is not None and not is_plain_header(self.header)


def find_plan(
    lines: Sequence[str],
    token_column: int | None = None,
    tag_column: int | None = None,
    layer: str | None = None,
) -> ColumnPlan | None:
    """Find the columns of a file by its first lines, or None where no column holds tags.

    Args:
        lines: They may hold comments and blank lines.
        token_column: The column of the token, counted from 1, where the user names it.
        tag_column: The one of the tags.
        layer: The number, from 1, or the name of the layer that is to be read.

    Raises:
        UsageError: the file does not have the column or layer that the user names.
    """
    said = [line.rstrip() for line in lines]
    rows = [line for line in said if line and not _is_apart(line)][:MAX_LINES]
    if token_column is None and tag_column is None and _are_tagged_texts(rows):
        return None
    said = _without_end(said)
    finders = (_finder(said, rows, separator) for separator in (WHITE, *OTHER_SEPARATORS))
    plans = (finder.find(token_column, tag_column, layer) for finder in finders)
    plan = next(filter(None, plans), None)
    return _with_doubled_lines(plan) if plan and are_doubled(said) else plan


def _is_apart(line: str) -> bool:
    """Tell a comment or the mark of a document; ``#`` and its tag with a tab between are neither."""
    return line.startswith(DOCUMENT) or (line[0] == "#" and not line.startswith("#\t"))


def _are_tagged_texts(rows: Sequence[str]) -> bool:
    """Tell lines of a whole sentence and its tags."""
    return find_tagged_texts(rows) is not None or line_of_tags(rows) is not None


def _without_end(lines: list[str]) -> list[str]:
    """Remove the blank lines at the end."""
    last = max((n for n, line in enumerate(lines) if line), default=0)
    return lines[: last + 1]


def _finder(said: Sequence[str], rows: Sequence[str], separator: str | None) -> "_PlanFinder":
    """Split the lines in one way.

    Args:
        said: All lines.
        rows: Those that are neither blank nor comments.
        separator: What stands between columns.
    """
    fields = [split_line(line, separator).fields for line in rows]
    has_header = len(fields) > 1 and is_header(fields[0])
    names = next((m[1].split() for line in said if (m := _GLOBAL_COLUMNS.match(line))), None)
    return _PlanFinder(
        separator,
        fields[has_header:],
        names or (fields[0] if has_header else []),
        header=rows[0] if has_header else None,
        has_blanks=not all(said),
    )


def _with_doubled_lines(plan: ColumnPlan) -> ColumnPlan:
    return replace(plan, has_blanks_within=True, notes=(*plan.notes, BLANK_BEHIND_TOKENS))


class _PlanFinder:
    """Looks for the columns of lines that are split in one way."""

    def __init__(
        self,
        separator: str | None,
        rows: list[list[str]],
        names: Sequence[str],
        *,
        header: str | None,
        has_blanks: bool,
    ) -> None:
        self._separator, self._rows, self._names = separator, rows, names
        self._header, self._has_blanks = header, has_blanks
        widths = Counter(map(len, rows))
        # Of widths that are equally frequent the smaller: a token with a space in it makes a line wider.
        self._width = max(widths, key=lambda width: (widths[width], -width), default=0)
        even = [row for row in rows if len(row) == self._width]
        self._is_ragged = len(even) * 2 < len(rows)
        if self._is_ragged:
            even, self._width = [[row[0], row[-1]] for row in rows if len(row) > 1], 2
        self._said = list(zip(*even, strict=True))
        self._features = {n: name for n, column in enumerate(self._said) if (name := find_feature(column))}
        self._columns = [self._tags_of(n, column) for n, column in enumerate(self._said)]
        self._brackets = [n for n, column in enumerate(self._columns) if are_brackets(column)]
        columns = {
            n: tags_of_brackets(column) if n in self._brackets else column
            for n, column in enumerate(self._columns)
        }
        self._tags = {n: found for n, column in columns.items() if (found := tag_column_of(column))}

    def _tags_of(self, column: int, values: Sequence[str]) -> Sequence[str]:
        feature = self._features.get(column)
        return values if feature is None else [tag_among(value, feature) for value in values]

    def find(self, token_column: int | None, tag_column: int | None, layer: str | None) -> ColumnPlan | None:
        if not self._has_columns(token_column, tag_column):
            return None
        layers = self._layers() if tag_column is None else [tag_column - 1]
        token = self._token(layers) if token_column is None else token_column - 1
        layers = [column for column in layers if column != token]
        if token is None or not layers:
            return None
        compared, second = self._compared(layers), None
        if layer is not None:
            layers = [self._chosen(layer, layers)]
        elif compared and compared.are_annotations and not self._named_layers():
            second = layers.pop()
        if tag_column is None and not self._is_supported(layers):
            return None
        return self._plan(token, layers, second, are_nested=compared is None or compared.are_nested)

    def _has_columns(self, *declared: int | None) -> bool:
        """Tell whether lines have several columns, and those that the user names.

        Raises:
            UsageError: they have several, but not those.
        """
        beyond = [column for column in declared if column is not None and column > self._width]
        if beyond and self._separator is WHITE and self._width > 1:
            option = "--token-column" if beyond[0] == declared[0] else "--tag-column"
            raise UsageError(f"{option} {beyond[0]}: the file has {self._width} columns")
        return self._width > 1 and not beyond

    def _plan(self, token: int, layers: list[int], second: int | None, *, are_nested: bool) -> ColumnPlan:
        index, offsets = self._index(token), offset_columns(self._columns, token)
        spaces = next((n for n, column in enumerate(self._said) if tells_spaces(column)), None)
        numbered = () if self._has_blanks else self._numbers(token)
        sentence = sentence_columns(self._columns, numbered)
        read = {token, spaces, second, *layers, *(offsets or ()), *self._numbers(token)}
        notes = [
            self._note(n) for n, column in enumerate(self._columns) if n not in read and is_telling(column)
        ]
        notes += [SECOND_ANNOTATION] if second is not None else []
        notes += [HEADER] if is_plain_header(self._header) else []
        return ColumnPlan(
            self._separator,
            self._width,
            token,
            tuple(layers),
            is_ragged=self._is_ragged,
            index=index,
            has_ranges=index is not None and are_plain_numbers(self._columns[index]),
            boundary=None if sentence else boundary_column(self._columns, numbered),
            sentence=sentence,
            feature=self._features.get(layers[0]),
            are_brackets=layers[0] in self._brackets,
            spaces=spaces,
            offsets=offsets,
            spelling=find_spelling(self._columns[token]),
            header=self._header,
            known_tags=frozenset(tag for layer in layers for tag in self._columns[layer]),
            second_annotation=second,
            are_nested=are_nested,
            notes=tuple(notes),
        )

    def _layers(self) -> list[int]:
        """Give the columns that hold entities: no phrases, and no bare labels beside tags with prefixes."""
        if named := self._named_layers():
            return named
        found = dict(self._tags)
        if any(tag.form in PAIRED and tag.labels for tag in found.values()):
            found = {n: tag for n, tag in found.items() if tag.form in PAIRED}
        entities = {n: tag for n, tag in found.items() if not _are_phrases(tag)}
        return sorted(entities or dict(list(found.items())[-1:]))

    def _named_layers(self) -> list[int]:
        """Give the columns of tags that have such a name: NER, or NER:1 and NER:2."""
        names = [name.casefold().partition(":")[0] for name in self._names[: self._width]]
        return [n for n, name in enumerate(names) if name in TAGS and n in self._tags]

    def _token(self, layers: list[int]) -> int | None:
        """Give the first column that holds words: no numbers of lines, no tags, not always the same."""
        named = find_column(self._names[: self._width], TOKENS)
        if named is not None:
            return named
        others = self._others(layers)
        words = [n for n in others if not is_count(self._columns[n])]
        telling = [n for n in words if is_telling(self._columns[n]) and not is_repeated(self._columns[n])]
        # Of the sentence OO all columns look like tags; the first one is the token.
        if not telling and len(self._tags) > 1 and 0 in layers:
            layers.remove(0)
            return 0
        found = next(iter(telling or words or others), None)
        return None if found is None else number_tokens(self._columns, others, found)

    def _others(self, layers: Sequence[int]) -> list[int]:
        """Give the columns that may hold the token: those without tags, if there are such."""
        free = [n for n in range(len(self._columns)) if n not in layers]
        return [n for n in free if n not in self._tags] or free

    def _numbers(self, token: int) -> list[int]:
        """Give the columns before the token that number lines, tokens or sentences."""
        return [n for n in range(token) if n not in self._tags and is_count(self._columns[n])]

    def _index(self, token: int) -> int | None:
        """Give the column that numbers tokens: the last of these."""
        return next(reversed(self._numbers(token)), None)

    def _compared(self, layers: Sequence[int]) -> LayerComparison | None:
        """Compare the last layer with those before it, if there are several."""
        if len(layers) < 2:
            return None
        *first, second = (self._columns[layer] for layer in layers)
        return compare_layers(first, second)

    def _is_supported(self, layers: Sequence[int]) -> bool:
        """Tell whether most lines have a tag in each layer; between other signs than tabs nearly all."""
        n_lines = len(self._rows)
        n_tags = min(self._tags[n].n_tags for n in layers)
        if self._separator is WHITE:
            return n_tags * 2 > n_lines
        # 王/B-PER 芳/I-PER has a sentence on its line; of "/" and its tag, "//O", a line is wider.
        n_white = sum(" " in row[0].strip() or " " in row[-1].strip() for row in self._rows)
        known = {tag for n in layers for tag in self._columns[n]}
        n_tags = sum(row[-1] in known or row[0] in known for row in self._rows)
        is_even = not self._is_ragged and (self._separator in (",", ";") or self._width == 2)
        return is_even and n_tags >= n_lines * 0.9 and n_white * 10 <= n_lines

    def _chosen(self, layer: str, layers: Sequence[int]) -> int:
        names = [name.casefold() for name in self._names]
        if layer.isdecimal() and 0 < int(layer) <= len(layers):
            return layers[int(layer) - 1]
        if layer.casefold() in names and (named := names.index(layer.casefold())) in self._tags:
            return named
        known = ", ".join(f"{n} (column {column + 1})" for n, column in enumerate(layers, start=1))
        raise UsageError(f"--layer {layer}: the layers of the file are {known}")

    def _note(self, column: int) -> str:
        name = self._names[column] if column < len(self._names) else str(column + 1)
        return f"column_{name.casefold()}_not_read"


def is_plain_header(header: str | None) -> bool:
    """Tell whether a line names columns with spaces between, as no table does."""
    return header is not None and not any(sign in header for sign in TABLE_SEPARATORS)


def _are_phrases(tag: TagColumn) -> bool:
    """Tell the phrases of a parser, which hardly leave a token outside."""
    return tag.labels <= _PHRASES and bool(tag.labels & _COMMON_PHRASES) and tag.n_outside * 2 < tag.n_tags
