"""The tags of the ``xml`` answer format, just as they should be."""

import re
from functools import cache

from nerforge.templates.answers.tagged.tags import Tag, Token, plain_words, words_between
from nerforge.templates.domain import Label, LabelSchema


class XmlTags:
    """``<label>`` and ``</label>``; only what could be taken for a tag or an escape is escaped."""

    opener = "<"

    def opening(self, label: Label) -> str:
        """Write the opening tag."""
        return f"<{label.answer}>"

    def closing(self, label: Label) -> str:
        """Write the closing tag."""
        return f"</{label.answer}>"

    def escape(self, text: str, schema: LabelSchema, *, inside: bool) -> str:
        """Escape what could be taken for a tag of the schema or for an escape."""
        if "<" not in text and "&" not in text:
            return text
        return _unsafe_pattern(schema).sub(lambda m: "&lt;" if m[0] == "<" else "&amp;", text)

    def tokens(self, answer: str, schema: LabelSchema) -> list[Token]:
        """Split an answer at tags that are written just as ``encode`` does."""
        # The sentence itself may hold "<疾病>": encode wrote it "&lt;疾病>", which this pattern passes over.
        tokens = []
        for found in _token_pattern(schema).finditer(answer):
            start, end = found.span()
            label = schema.from_answer(found[2]) if found[2] else None
            if label is None:
                tokens.append(Token(Tag.WORDS, start, end, "", "<" if found[0] == "&lt;" else "&"))
            else:
                tokens.append(Token(Tag.CLOSE if found[1] else Tag.OPEN, start, end, label.name))
        return words_between(tokens, 0, len(answer), plain_words(answer))


def _tags(schema: LabelSchema) -> str:
    return f"<(/?)({'|'.join(re.escape(label.answer) for label in schema.labels)})>"


@cache
def _token_pattern(schema: LabelSchema) -> re.Pattern[str]:
    return re.compile(_tags(schema) + "|&(?:lt|amp);")


@cache
def _unsafe_pattern(schema: LabelSchema) -> re.Pattern[str]:
    return re.compile(f"(?={_tags(schema)})<|&(?=(?:lt|amp);)")
