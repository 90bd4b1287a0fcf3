"""The header of a WebAnno TSV file: its version, and what its columns hold."""

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.label_features import choose_label

FORMAT = "#FORMAT=WebAnno TSV "
NAMED_ENTITY = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
N_TOKEN_COLUMNS = 3
"""Number, offsets and text of the token stand before the columns of the layers."""

_LAYER = re.compile(r"#T_(SP|CH|RL)=(.*)")
_OLD = re.compile(r"\s*# ?[\w.$]+\.[\w$]+ ?\| ?.*")
_OLD_TOKEN = re.compile(r"\d+-\d+\t[^\t]+\t")
_VERSION = re.compile(r"3(?:\.(\d+))?\s*")


class LayerKind(Enum):
    """What the annotations of a layer join."""

    SPAN = "SP"
    CHAIN = "CH"
    RELATION = "RL"


class WebannoColumn(NamedTuple):
    """A column of a layer."""

    kind: LayerKind
    layer: str
    feature: str
    """Empty for the one column of a layer without features."""


class WebannoHeader(NamedTuple):
    """What a file says of itself."""

    minor_version: int
    columns: tuple[WebannoColumn, ...]


class LabelColumn(NamedTuple):
    """The column that says the labels of entities."""

    layer: str
    place: int
    """Its place in a line, from 0."""


def is_header(lines: Sequence[str]) -> bool:
    """Tell by the first lines whether a file is WebAnno's, of whatever version."""
    return bool(lines) and (lines[0].startswith(FORMAT) or _is_old(lines))


def _is_old(lines: Sequence[str]) -> bool:
    has_text = any(line.startswith(("#text=", "#id=")) for line in lines)
    return has_text and any(map(_OLD_TOKEN.match, lines)) and _OLD.fullmatch(lines[0]) is not None


def read_header(path: Path, lines: Iterable[str]) -> WebannoHeader:
    """Read the header.

    Raises:
        UserError: it is that of another version, or is absent.
    """
    lines = list(lines)
    first = lines[0] if lines else ""
    version = _VERSION.fullmatch(first.removeprefix(FORMAT)) if first.startswith(FORMAT) else None
    if version is None:
        found = "version 1 or 2 of WebAnno TSV" if _is_old(lines) else repr(first[:60])
        raise UserError(
            f"{path}:1: found {found}; expected {FORMAT}3.x; export it as WebAnno TSV v3.3 (or UIMA CAS JSON)"
        )
    columns: list[WebannoColumn] = []
    for line in lines[1:]:
        if match := _LAYER.fullmatch(line):
            name, *features = [field for field in match[2].split("|") if field] or [""]
            columns += [WebannoColumn(LayerKind(match[1]), name, feature) for feature in features or [""]]
    return WebannoHeader(int(version[1] or 0), tuple(columns))


def choose_column(path: Path, header: WebannoHeader, told: str | None) -> LabelColumn:
    """Choose the column of labels.

    Args:
        path: The file, for messages.
        header: Its header.
        told: What the user says: a layer by its name, its last name or its number, with a feature behind a
            bar where it has several.

    Raises:
        UserError: there is no layer of spans.
        UsageError: several layers or features may be meant, or there is none such.
    """
    spans = [column for column in header.columns if column.kind is LayerKind.SPAN]
    layers = list(dict.fromkeys(column.layer for column in spans))
    if not layers:
        raise UserError(f"{path}: the header names no layer of spans (#T_SP=); export one with entities")
    features = {name: [column.feature for column in spans if column.layer == name] for name in layers}
    chosen, name = choose_label(path, features, told)
    index = header.columns.index(WebannoColumn(LayerKind.SPAN, chosen, name))
    return LabelColumn(chosen, N_TOKEN_COLUMNS + index)
