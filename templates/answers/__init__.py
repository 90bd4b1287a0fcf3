"""Answer formats by name: how entities are written in a model's answer, and read back from it."""

from templates.answers.base import AnswerFormat, CannotEncodeError, is_lossless
from templates.answers.bracket import Brackets
from templates.answers.grouped import GroupedObject
from templates.answers.inline_xml import InlineXml
from templates.answers.json_lines import JsonLines
from templates.answers.occurrence import OccurrenceLines
from templates.errors import unknown_name

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
