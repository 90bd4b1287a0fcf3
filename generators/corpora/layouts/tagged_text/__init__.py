"""Texts with entities marked in them, a text a line.

Marks are tags (``<PER>王芳</PER>``, ``<ENAMEX TYPE="PERSON">王芳</ENAMEX>``), the brackets of YEDDA
(``[@王芳#PER*]``), brackets with a bar (``[王芳|PER]``) or those of OpenNLP (``<START:person> Ana <END>``),
one within another where entities nest. A text whose marks are closed in a later line goes on up to there.
Tags around sentences, such as ``<DOC>`` and ``<s>``, divide texts and are counted. ``&lt;`` and its like are
characters; nothing else is expanded.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts.tagged_text.document_structure import StructurePiece, pieces_of
from nerforge.generators.corpora.layouts.tagged_text.mark_syntaxes import (
    OTHERS,
    PIPES,
    TAGS,
    MarkSyntax,
    closed_names,
    tags,
)
from nerforge.generators.corpora.reading.inline_marks import MarkKind, UnmarkedText, read_marks
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.corpora.reading.texts_of_files.text_files import read_lines

_N_LINES = 200
_MAX_LABELS = 60
_MAX_LINES = 1_000
"""Lines that a text may have: behind a mark that is never closed all others would belong to it."""
_HTML = set(
    "html div span br b i u a img table tr td th li ul ol h1 h2 h3 font em strong script style pre".split()
)
"""Tags of web pages, which are no labels."""


def recognises(head: FileHead) -> bool:
    """Tell by the marks of the first lines, each with its other half and text beside it."""
    return not head.is_folder and not head.values and _find_syntax(head) is not None


def _find_syntax(head: FileHead) -> MarkSyntax | None:
    return next((syntax for syntax in _syntaxes(head) if _has_marks(head, syntax)), None)


def _syntaxes(head: FileHead) -> tuple[MarkSyntax, ...]:
    return tags(closed_names(line for _, line in _numbered(head))), *OTHERS


def _has_marks(head: FileHead, syntax: MarkSyntax) -> bool:
    """Tell whether marks of a syntax are certain: closed, of few labels, and within sentences."""
    try:
        sources = [source for _, source in _sources(head.path, _numbered(head), syntax)]
    except UserError:
        return False
    texts = [_parse(source, syntax) for source in sources]
    # The last text may go on behind what is looked at.
    if syntax.is_strict and any(text.loose for text in texts[:-1]):
        return False
    marked = [text for text in texts if text.entities]
    n_labels = len(set(_labels(marked)))
    if not 0 < n_labels <= _MAX_LABELS or _has_tags_of_pages(sources, syntax):
        return False
    return 2 * sum(map(_is_within, marked)) > len(marked) and (syntax is not PIPES or _are_common(marked))


def _labels(texts: Iterable[UnmarkedText]) -> list[str]:
    return [entity.label for text in texts for entity in text.entities]


def _has_tags_of_pages(sources: Iterable[str], syntax: MarkSyntax) -> bool:
    return any(mark.name.lower() in _HTML for source in sources for mark in syntax.marks(source))


def _numbered(head: FileHead) -> Iterator[tuple[int, str]]:
    return iter(list(enumerate(head.lines, start=1))[:_N_LINES])


def _is_within(text: UnmarkedText) -> bool:
    """Tell whether a text says more than its entities; a record of XML does not."""
    at = 0
    for entity in text.entities:
        if text.text[at : entity.start].strip():
            return True
        at = max(at, entity.end)
    return bool(text.text[at:].strip())


def _are_common(texts: list[UnmarkedText]) -> bool:
    """Tell labels from other words behind a bar: [[青岛市|青岛]] of a wiki, and cells of tables."""
    labels = _labels(texts)
    return all(label.isupper() for label in labels) or len(set(labels)) * 2 <= len(labels)


def read(path: Path) -> Iterator[RawRow]:
    """Yield a row for each text, at its first line; blank ones are skipped.

    Raises:
        UserError: the file cannot be read, has no marks, or a mark lacks its other half.
    """
    head = read_head(path)
    syntax = _find_syntax(head) or next(filter(lambda one: _has_any(head, one), _syntaxes(head)), None)
    if syntax is None:
        examples = ", ".join(one.example for one in (TAGS, *OTHERS))
        raise UserError(f"{path}: no entity is marked in its first lines; expected marks such as {examples}")
    if syntax.has_structure:
        # A label may occur for the first time in the last line.
        syntax = tags(closed_names(line for _, line in read_lines(path)))
    yield from attach_notes(_statements(path, syntax))


def _has_any(head: FileHead, syntax: MarkSyntax) -> bool:
    return any(_parse(line, syntax).entities for _, line in _numbered(head))


def _statements(path: Path, syntax: MarkSyntax) -> Iterator[RawRow | str]:
    notes: list[str] = []
    for number, source in _sources(path, read_lines(path), syntax, notes):
        yield from notes
        notes.clear()
        if not source.strip():
            continue
        text, entities, kinds, loose = _parse(source, syntax)
        if loose and syntax.is_strict:
            found = source[loose[0].start : loose[0].end + 20]
            raise UserError(
                f"{path}:{number}: found {found!r} without its other half; expected {syntax.example}"
            )
        yield RawRow(number, text, entities, notes=kinds)
    yield from notes


def _parse(source: str, syntax: MarkSyntax) -> UnmarkedText:
    return read_marks(source, syntax.marks(source), syntax.decode)


def _sources(
    path: Path, lines: Iterable[tuple[int, str]], syntax: MarkSyntax, notes: list[str] | None = None
) -> Iterator[tuple[int, str]]:
    """Yield each text with its marks and the number of its first line.

    Raises:
        UserError: a text has too many lines.
    """
    held: list[str] = []
    first = depth = 0
    for piece in _pieces(path, lines, syntax):
        if isinstance(piece, str):
            if notes is not None:
                notes.append(piece)
            continue
        if held and (piece.begins or depth <= 0):
            yield first, "\n".join(held)
            held, depth = [], 0
        first = first if held else piece.line
        held.append(piece.text)
        depth += _balance(piece.text, syntax)
        if len(held) > _MAX_LINES:
            raise UserError(f"{path}:{first}: a mark is not closed within {_MAX_LINES} lines; close it")
    if held:
        yield first, "\n".join(held)


def _pieces(
    path: Path, lines: Iterable[tuple[int, str]], syntax: MarkSyntax
) -> Iterator[StructurePiece | str]:
    if syntax.has_structure:
        return pieces_of(path, lines)
    return (StructurePiece(number, line, False) for number, line in lines)


def _balance(source: str, syntax: MarkSyntax) -> int:
    """Count how many more marks open than close."""
    if not syntax.spans_lines:
        return 0
    kinds = [mark.kind for mark in syntax.marks(source)]
    return kinds.count(MarkKind.OPENS) - kinds.count(MarkKind.CLOSES)


LAYOUT = CorpusLayout(
    "a text a line with entities marked in it: <PER>王芳</PER>, [@王芳#PER*] or [王芳|PER]",
    recognises,
    read,
    precedence=30,
    says_surfaces=True,
    has_offsets=False,
)
