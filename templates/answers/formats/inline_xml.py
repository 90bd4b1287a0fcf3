"""The ``xml`` answer format: the sentence itself, with a tag around each entity.

A normalised value stands in its tag in place of the mention; an inferred one is inserted just before the
next entity that the sentence mentions. Only what could be taken for a tag or an escape is escaped, so that
a model copies ``P<0.05`` as it stands.
"""

from nerforge.templates.answers.formats.inline_writer import InlineWriter
from nerforge.templates.answers.tagged.inline import XML, decode_inline
from nerforge.templates.domain import Answer, LabelSchema, Sample


class InlineXml:
    """Inline tags, nested where entities nest."""

    separator: str | None = ""

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write the sentence with its entities tagged.

        Raises:
            CannotEncodeError: spans cross, entities are not in reading order, or a normalised or inferred
                entity lies inside another.
        """
        return InlineWriter(sample, schema, XML).write()

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the tags; their spans follow from the words between them."""
        return decode_inline(answer, text, schema, XML)
