"""WebAnno TSV 3, which INCEpTION exports too: a sentence, then its tokens with columns of annotations.

A sentence is a row; its text is what ``#Text=`` says, and ``#Sentence.id=`` its id. Entities are those of the
layer ``NamedEntity``, or of the only one that is no part of speech or lemma, or of the one that ``--layer``
names. Relations and chains are counted, other layers once. Offsets count units of UTF-16 from the start of
the document (INCEpTION's user guide, "WebAnno TSV 3.3 File format").
"""

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path

import msgspec

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_entities import entities_of
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_escapes import unescape_text
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_header import (
    N_TOKEN_COLUMNS,
    LabelColumn,
    LayerKind,
    WebannoHeader,
    choose_column,
    is_header,
    read_header,
)
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_places import place_units
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_sentences import (
    SENTENCE_ID,
    SENTENCE_META,
    SENTENCE_PART,
    CellValue,
    WebannoSentence,
    sentences_of,
    values_of,
)
from nerforge.generators.corpora.layouts.webanno_tsv.webanno_writer import write_sentences
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head
from nerforge.generators.corpora.reading.texts_of_files.text_files import read_lines

OTHER_LAYER = "other_layer"
_COUNTED = {LayerKind.RELATION: "relation", LayerKind.CHAIN: "chain"}
_N_HEADER_LINES = 100


def recognises(head: FileHead) -> bool:
    """Tell by the first line, or by those of older versions, which are refused."""
    return not head.is_folder and is_header(head.lines[:_N_HEADER_LINES])


def read(path: Path, *, layer: str | None = None) -> Iterator[RawRow]:
    """Yield a row for each sentence, at the line of its text.

    Args:
        path: The file.
        layer: The layer whose annotations are entities, where several may be.

    Raises:
        UserError: the file cannot be read, is of another version, or a line is none of a sentence.
        UsageError: several layers or features may be meant, or there is none as named.
    """
    header = read_header(path, read_head(path).lines[:_N_HEADER_LINES])
    column = choose_column(path, header, layer)
    others = {each.layer for each in header.columns if each.kind is LayerKind.SPAN} - {column.layer}
    notes = [OTHER_LAYER] * len(others)
    sentences = sentences_of(path, read_lines(path))
    before: WebannoSentence | None = None
    for sentence, after in pairwise(chain(sentences, [None])):
        assert sentence is not None
        row = _row(sentence, header, column, _last(before, column), _first(after, column))
        yield row._replace(notes=(*row.notes, *notes))
        before, notes = sentence, []


def _row(
    sentence: WebannoSentence,
    header: WebannoHeader,
    column: LabelColumn,
    before: Sequence[CellValue],
    after: Sequence[CellValue],
) -> RawRow:
    placed = place_units(sentence, header.minor_version)
    entities, notes = entities_of(sentence.units, placed, column.place, before, after)
    head = {name: unescape_text(said, header.minor_version) for name, said in sentence.head.items()}
    return RawRow(
        sentence.line,
        placed.text,
        tuple(entities),
        head.get(SENTENCE_PART),
        notes=(*placed.notes, *notes, *_other_notes(sentence, header)),
        id=head.get(SENTENCE_ID),
        meta=_meta(head.get(SENTENCE_META)),
    )


def _meta(said: str | None) -> JsonObject | None:
    try:
        return None if said is None else msgspec.json.decode(said, type=JsonObject)
    except msgspec.DecodeError:
        # Not ours: nobody else writes such a line, and no entity depends on it.
        return None


def _other_notes(sentence: WebannoSentence, header: WebannoHeader) -> Iterator[str]:
    """Yield a note for each annotation of a layer of relations or chains."""
    counted: set[str] = set()
    for index, each in enumerate(header.columns, start=N_TOKEN_COLUMNS):
        if each.kind in _COUNTED and each.layer not in counted:
            counted.add(each.layer)
            for unit in sentence.units:
                yield from (_COUNTED[each.kind] for _ in values_of(unit, index))


def _last(sentence: WebannoSentence | None, column: LabelColumn) -> Sequence[CellValue]:
    """Give the values of the last token, and of its parts."""
    units = sentence.units if sentence else ()
    first = max((n for n, unit in enumerate(units) if not unit.is_part), default=0)
    return [value for unit in units[first:] for value in values_of(unit, column.place)]


def _first(sentence: WebannoSentence | None, column: LabelColumn) -> Sequence[CellValue]:
    units = sentence.units if sentence else ()
    after = next((n for n, unit in enumerate(units) if n and not unit.is_part), len(units))
    return [value for unit in units[:after] for value in values_of(unit, column.place)]


LAYOUT = CorpusLayout(
    "WebAnno TSV 3, as WebAnno and INCEpTION export it",
    recognises,
    read,
    write_sentences,
    options=("layer",),
    suffix=".tsv",
    says_surfaces=True,
    has_offsets=False,
)
