"""Answer formats by name: how entities are written in a model's answer, and read back from it."""

from nerforge.foundation.entry_points import Registry
from nerforge.templates.answers.base import AnswerFormat, CannotEncodeError, as_format, is_lossless
from nerforge.templates.answers.formats.bracket import Brackets
from nerforge.templates.answers.formats.grouped import GroupedObject
from nerforge.templates.answers.formats.inline_xml import InlineXml
from nerforge.templates.answers.formats.json_lines import JsonLines
from nerforge.templates.answers.formats.occurrence import OccurrenceLines

FORMATS: Registry[AnswerFormat] = Registry(
    "answer format",
    "nerforge.answer_formats",
    {
        "json": JsonLines(),
        "xml": InlineXml(),
        "bracket": Brackets(),
        "grouped": GroupedObject(),
        "occurrence": OccurrenceLines(),
    },
    ("encode", "decode"),
    as_format,
)
"""The formats by name, ours and those of other packages."""


def load_format(name: str) -> AnswerFormat:
    """Find an answer format by name.

    Raises:
        UsageError: there is no such format.
        UserError: it is another package's and cannot be used.
    """
    return FORMATS.find(name)


__all__ = ["FORMATS", "AnswerFormat", "CannotEncodeError", "is_lossless", "load_format"]
