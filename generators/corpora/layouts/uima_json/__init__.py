"""UIMA CAS JSON 0.4.0, as INCEpTION and dkpro-cassis write it: a document with all its annotations.

A sentence is a row. Entities are the annotations of the type ``NamedEntity``, or of the only type that is
none of words, relations or chains, or of the one that ``--layer`` names. Relations, chains and other layers
are counted. XMI and the JSON of before are refused with what to export.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts.uima_json.uima_document import (
    STRUCTURES,
    TYPES,
    UimaDocument,
    is_built_in,
    read_document,
)
from nerforge.generators.corpora.layouts.uima_json.uima_sentences import sentences_of
from nerforge.generators.corpora.reading.json_records import read_records
from nerforge.generators.corpora.reading.label_features import LabelFeature, choose_label
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head

OTHER_LAYER, RELATION, CHAIN = "other_layer", "relation", "chain"
_XMI = (b"<xmi:XMI", b"http://www.omg.org/XMI")
_OLD_KEYS = {"_context", "_views"}
_ENDS = {"@Governor", "@Dependent", "@source", "@target"}
_ADVICE = "export the document as UIMA CAS JSON 0.4.0 or as WebAnno TSV v3.3"


def recognises(head: FileHead) -> bool:
    """Tell by the keys of the document, or by the marks of what is refused."""
    return _is_xmi(head) or any(STRUCTURES in row or row.keys() >= _OLD_KEYS for row in head.records[:1])


def _is_xmi(head: FileHead) -> bool:
    return head.start.lstrip()[:1] == b"<" and any(mark in head.start[:4096] for mark in _XMI)


def read(path: Path, *, layer: str | None = None) -> Iterator[RawRow]:
    """Yield a row for each sentence of each document, numbered through the file.

    Args:
        path: The file.
        layer: The type whose annotations are entities, where several may be.

    Raises:
        UserError: the file cannot be read, or is another of UIMA's.
        UsageError: several types or features may be meant, or there is none as named.
    """
    if _is_xmi(read_head(path)):
        raise UserError(f"{path}: is XMI, which is not read; {_ADVICE}")
    place = 0
    for _, where, fields in read_records(path, "a document of UIMA CAS JSON"):
        if STRUCTURES not in fields:
            found = "UIMA JSON of before version 0.4.0" if fields.keys() >= _OLD_KEYS else ", ".join(fields)
            raise UserError(f"{where}: found {found:.80}; expected {TYPES} and {STRUCTURES}; {_ADVICE}")
        for row in _rows(read_document(fields, where), path, layer):
            place += 1
            yield row._replace(place=place)


def _rows(document: UimaDocument, path: Path, told: str | None) -> Iterator[RawRow]:
    label = _label(document, path, told)
    notes = [*document.notes, *_other_notes(document, label)]
    sentences = sentences_of(document, label.layer if label else None, label.feature if label else "")
    for number, sentence in enumerate(sentences, start=1):
        name = document.title and (f"{document.title}#{number}" if len(sentences) > 1 else document.title)
        yield RawRow(0, sentence.text, tuple(sentence.entities), notes=(*sentence.notes, *notes), id=name)
        notes = []


def _label(document: UimaDocument, path: Path, told: str | None) -> LabelFeature | None:
    """Choose the type of entities among those that occur; None where the document has none."""
    occurring: dict[str, list[str]] = {}
    for one in document.annotations:
        if not _is_structure(one.type, one.features.keys()):
            features = [name for name, value in one.features.items() if _is_feature(name, value)]
            known = occurring.setdefault(one.type, [*document.declared.get(one.type, ())])
            known += [name for name in features if name not in known]
    if told and document.declared and (not occurring or told.isdigit()):
        return choose_label(path, dict(sorted({**document.declared, **occurring}.items())), told)
    return choose_label(path, dict(sorted(occurring.items())), told) if occurring else None


def _is_structure(name: str, features: Collection[str]) -> bool:
    """Tell annotations that are no spans of entities: words, their parts of speech, relations, chains."""
    return (
        is_built_in(name)
        or not _ENDS.isdisjoint(features)
        or any(part in name for part in (".lexmorph.", ".syntax.", ".coref."))
    )


def _is_feature(name: str, value: object) -> bool:
    return isinstance(value, str) and name[:1] not in "%@^"


def _other_notes(document: UimaDocument, label: LabelFeature | None) -> Iterator[str]:
    """Yield a note for each relation and each link of a chain, and one for each other type."""
    others: dict[str, str] = {}
    for one in document.annotations:
        if not _ENDS.isdisjoint(one.features):
            yield RELATION
        elif ".coref." in one.type:
            yield CHAIN
        elif not is_built_in(one.type) and (label is None or one.type != label.layer):
            others[one.type] = OTHER_LAYER
    yield from others.values()


LAYOUT = CorpusLayout(
    "UIMA CAS JSON, as INCEpTION exports it",
    recognises,
    read,
    options=("layer",),
    keys=(TYPES, f"{STRUCTURES}[].{'%TYPE'}", "%VIEWS"),
    says_surfaces=True,
    has_offsets=False,
)
