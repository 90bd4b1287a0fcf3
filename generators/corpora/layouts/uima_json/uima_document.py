"""A document of UIMA as JSON: its text, and the annotations of each type.

Offsets count units of UTF-16, as in Java and in what dkpro-cassis writes:
https://github.com/apache/uima-uimaj-io-jsoncas/blob/main/SPECIFICATION.adoc
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject

TYPES, STRUCTURES = "%TYPES", "%FEATURE_STRUCTURES"
OTHER_VIEW = "annotation_of_another_text"
_TYPE, _ID, _SOFA = "%TYPE", "%ID", "@sofa"
_FIRST_VIEW = "_InitialView"
_BUILT_IN = (
    "uima.",
    "de.tudarmstadt.ukp.clarin.webanno.api.type.",
    "de.tudarmstadt.ukp.dkpro.core.api.segmentation.",
    "de.tudarmstadt.ukp.dkpro.core.api.metadata.",
)


class UimaAnnotation(NamedTuple):
    """An annotation of the text."""

    type: str
    start: int
    end: int
    features: Mapping[str, Any]


class UimaDocument(NamedTuple):
    """A document."""

    text: str
    title: str | None
    annotations: Sequence[UimaAnnotation]
    """In the order of the file."""
    declared: Mapping[str, Sequence[str]]
    """The features of text of each type that the file declares."""
    notes: Sequence[str]


def read_document(fields: JsonObject, where: str) -> UimaDocument:
    """Read a document.

    Args:
        fields: What the file holds.
        where: How messages begin.

    Raises:
        UserError: it has no text, or several.
    """
    structures = list(_structures(fields))
    text_id, text = _text(structures, where)
    annotations: list[UimaAnnotation] = []
    notes: list[str] = []
    title = None
    for one in structures:
        start, end = one.get("begin", one.get("^begin")), one.get("end", one.get("^end"))
        if not isinstance(start, int) or not isinstance(end, int):
            continue
        # Ids are numbers, and texts where they are the keys of an object.
        if str(one.get(_SOFA, text_id)) != str(text_id):
            notes.append(OTHER_VIEW)
            continue
        name = str(one.get(_TYPE))
        annotations.append(UimaAnnotation(name, start, end, one))
        if name.endswith(".DocumentMetaData"):
            title = _string(one, "documentTitle") or _string(one, "documentId")
    return UimaDocument(text, title, annotations, _declared(fields), notes)


def is_built_in(name: str) -> bool:
    """Tell whether a type is of UIMA, or of the structure of every document."""
    return name.startswith(_BUILT_IN)


def _structures(fields: JsonObject) -> Iterator[JsonObject]:
    """Yield the feature structures: a list, or an object by their ids in early versions."""
    found = fields.get(STRUCTURES)
    if isinstance(found, dict):
        found = [{_ID: name, **one} for name, one in found.items() if isinstance(one, dict)]
    yield from (one for one in found or () if isinstance(one, dict))


def _text(structures: Sequence[JsonObject], where: str) -> tuple[Any, str]:
    texts = [one for one in structures if isinstance(one.get("sofaString"), str)]
    chosen = [one for one in texts if one.get("sofaID") == _FIRST_VIEW] or texts
    if len(chosen) != 1:
        raise UserError(
            f"{where}: has {len(chosen)} texts (sofaString); expected one, as in the documents that "
            f"INCEpTION exports"
        )
    return chosen[0].get(_ID), chosen[0]["sofaString"]


def _declared(fields: JsonObject) -> dict[str, list[str]]:
    types = fields.get(TYPES)
    declared: dict[str, list[str]] = {}
    for name, features in types.items() if isinstance(types, dict) else ():
        if not is_built_in(name) and isinstance(features, dict):
            declared[name] = [
                feature
                for feature, said in features.items()
                if isinstance(said, dict) and said.get("%RANGE") == "uima.cas.String"
            ]
    return declared


def _string(fields: JsonObject, name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None
