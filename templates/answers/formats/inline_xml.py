"""The ``xml`` answer format: the sentence itself, with a tag around each entity.

A normalised value stands in its tag in place of the mention; an inferred one is inserted just before the
next entity that the sentence mentions. Only what could be taken for a tag or an escape is escaped, so that
a model copies ``P<0.05`` as it stands.
"""

import re
from collections.abc import Iterator

from nerforge.templates.answers.base import AnswerFormat
from nerforge.templates.answers.formats.inline_answers import decode_inline
from nerforge.templates.answers.formats.inline_writer import InlineWriter
from nerforge.templates.answers.formats.native_inline import mark_pattern, read_inline
from nerforge.templates.answers.tagged.inline import XML
from nerforge.templates.domain import Answer, LabelSchema, Sample

_NAME = re.compile(r"</\s*([^<>/\s][^<>/]*?)\s*>")


class InlineXml(AnswerFormat):
    """Inline tags, nested where entities nest."""

    separator = ""

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write the sentence with its entities tagged.

        Raises:
            CannotEncodeError: spans cross, entities are not in reading order, or a normalised or inferred
                entity lies inside another.
        """
        return InlineWriter(sample, schema, XML).write()

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the tags; their spans follow from the words between them."""
        # An ampersand may begin an escape.
        marks = mark_pattern(schema, "<NAME>", "</NAME>")
        read = None if "&" in answer or not answer else read_inline(answer, text, schema, marks)
        return read or decode_inline(answer, text, schema, XML)

    def label_names(self, answer: str) -> Iterator[str]:
        """Give the names of closing tags."""
        return (match[1] for match in _NAME.finditer(answer))
