"""The brackets of the ``bracket`` answer format, just as they should be."""

import re
from functools import cache

from nerforge.templates.answers.tagged.tags import Tag, Token, plain_words, words_between
from nerforge.templates.domain import Label, LabelSchema


class BracketTags:
    """``[`` and ``|label]``; a backslash stands before what could be taken for a part of them."""

    opener = "["

    def opening(self, label: Label) -> str:
        """Write the opening bracket."""
        return "["

    def closing(self, label: Label) -> str:
        """Write bar, label and closing bracket."""
        return f"|{label.answer}]"

    def escape(self, text: str, schema: LabelSchema, *, inside: bool) -> str:
        """Escape what could be taken for a tag or an escape; outside of entities a bracket is a bracket."""
        # "|x" stays as it is, "|疾病]" becomes "\|疾病]": a model copies best what differs least.
        return _unsafe_pattern(schema, inside).sub(lambda found: "\\" + found[0], text)

    def tokens(self, answer: str, schema: LabelSchema) -> list[Token]:
        """Split an answer at brackets that are written just as ``encode`` does; others are words.

        Each closing bracket is paired with the nearest opening one that is free: of ``[[肺|身体]炎|疾病]``,
        ``|身体]`` closes the second and ``|疾病]`` the first; of ``[附录 [肺|身体]`` the first stays words.
        """
        tokens: list[Token | None] = []
        free: list[tuple[int, int]] = []
        for found in _token_pattern(schema).finditer(answer):
            start, end = found.span()
            if found[1]:
                label = schema.from_answer(found[1])
                if label is not None and free:
                    number, opener = free.pop()
                    tokens[number] = Token(Tag.OPEN, opener, opener + 1, label.name)
                    tokens.append(Token(Tag.CLOSE, start, end, label.name))
            elif found[0] == "[":
                free.append((len(tokens), start))
                tokens.append(None)
            else:
                tokens.append(Token(Tag.WORDS, start, end, "", found[0][1:]))
        return words_between(tokens, 0, len(answer), plain_words(answer))


def _names(schema: LabelSchema) -> str:
    return "|".join(re.escape(label.answer) for label in schema.labels)


@cache
def _token_pattern(schema: LabelSchema) -> re.Pattern[str]:
    # Escapes come first in the alternation, so that the bracket of \[ is never read as an opening one.
    return re.compile(rf"\\[\[|\\]|\[|\|({_names(schema)})\]")


@cache
def _unsafe_pattern(schema: LabelSchema, inside: bool) -> re.Pattern[str]:
    bracket = r"\[|" if inside else ""
    return re.compile(rf"{bracket}\|(?=(?:{_names(schema)})\])|\\(?=[\[|\\]|$)")
