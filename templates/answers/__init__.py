"""Answer formats by name: how entities are written in a model's answer, and read back from it."""

from nerforge.foundation.errors import unknown_name
from nerforge.templates.answers.base import AnswerFormat, CannotEncodeError, is_lossless
from nerforge.templates.answers.formats.bracket import Brackets
from nerforge.templates.answers.formats.grouped import GroupedObject
from nerforge.templates.answers.formats.inline_xml import InlineXml
from nerforge.templates.answers.formats.json_lines import JsonLines
from nerforge.templates.answers.formats.occurrence import OccurrenceLines

FORMATS: dict[str, AnswerFormat] = {
    "json": JsonLines(),
    "xml": InlineXml(),
    "bracket": Brackets(),
    "grouped": GroupedObject(),
    "occurrence": OccurrenceLines(),
}


def load_format(name: str) -> AnswerFormat:
    """Find an answer format by name.

    Raises:
        UsageError: there is no such format.
    """
    if name not in FORMATS:
        raise unknown_name("answer format", name, FORMATS)
    return FORMATS[name]


__all__ = ["FORMATS", "AnswerFormat", "CannotEncodeError", "is_lossless", "load_format"]
