"""What every answer format offers, and the words they share."""

from typing import Protocol

from templates.domain import Answer, LabelSchema, Sample

EMPTY_SENTENCE = "没有找到任何实体"
"""The answer for a sentence without entities, in the formats that do not repeat the sentence."""


class CannotEncodeError(ValueError):
    """The format cannot carry this sample's entities."""


class AnswerFormat(Protocol):
    """Writes the answer for a sample and reads it back; the two are inverse of each other."""

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        """Write the answer that names the sample's entities.

        Raises:
            CannotEncodeError: the format has no way to write these entities.
            ValueError: an entity contradicts the text or the schema.
        """

    def decode(self, answer: str, text: str, schema: LabelSchema) -> Answer:
        """Read the entities of an answer about ``text``, with their spans; never raises on any answer."""


def is_lossless(answer_format: AnswerFormat, sample: Sample, answer: str, schema: LabelSchema) -> bool:
    """Tell whether reading ``answer`` gives back exactly the sample's entities, spans included."""
    return answer_format.decode(answer, sample.text, schema).entities == sample.entities
