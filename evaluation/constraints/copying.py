"""How a place of the sentence may be copied into a tagged answer: as it stands, or escaped."""

from typing import NamedTuple

from nerforge.templates.answers.formats.inline_writer import Style
from nerforge.templates.domain import LabelSchema

_LONGEST_TAG = 80
"""Characters of the sentence that could be taken for one tag, at most."""


class CopiedForm(NamedTuple):
    """A way to copy the next characters of a sentence."""

    written: str
    end: int
    """The place behind what is copied."""
    needs_tag: bool = False
    """Whether a tag has to follow, as these words with the next would have to be escaped."""


def copied_forms(
    style: Style, special: str, schema: LabelSchema, text: str, at: int, *, inside: bool
) -> list[CopiedForm]:
    """List the ways to copy the character at a place; none at the end of the sentence.

    What is escaped depends on the words up to the next tag: ``<疾病>`` of a sentence is written
    ``&lt;疾病>``, but ``<<身体>疾病</身体>>`` where an entity begins in it.
    """
    if at == len(text):
        return []
    if text[at] not in special:
        return [CopiedForm(text[at], at + 1)]

    def escaped(end: int) -> str | None:
        """Give how the character is written before words up to ``end``, if not as it stands."""
        rest = style.escape(text[at + 1 : end], schema, inside=inside)
        whole = style.escape(text[at:end], schema, inside=inside)
        return None if whole == text[at] + rest else whole[: len(whole) - len(rest)]

    last = min(at + _LONGEST_TAG, len(text))
    form = escaped(last)
    if form is not None:
        broken = (end for end in range(at + 1, last) if escaped(end) is None)
        return [CopiedForm(form, at + 1), *(CopiedForm(text[at:end], end, needs_tag=True) for end in broken)]
    if (form := escaped(at + 1)) is not None:
        # A backslash is escaped before a tag, and stands as it is before words that need no escape.
        return [CopiedForm(form, at + 1), CopiedForm(text[at : at + 2], at + 2)]
    return [CopiedForm(text[at], at + 1)]
