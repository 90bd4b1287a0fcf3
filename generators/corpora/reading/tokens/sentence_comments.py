"""What comments before a sentence say of it: its text, id, part and more, in our files and in CoNLL-U."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.tags.layered_tags import order_of
from nerforge.generators.corpora.reading.tokens.tagged_sentences import NO_FACTS, SentenceFacts

KEY = re.compile(r"#\s*([A-Za-z_][\w.]*)\s*=\s?(.*)", re.DOTALL)
# "# id 5239d808-f300-46ea-aa3b-5093040213a3	domain=train", as MultiCoNER has it.
_BARE_ID = re.compile(r"#\s*id\s+([^\s=]+)(?:\t.*)?")
_IDS = ("id", "sent_id")


def facts_of(comments: Sequence[str]) -> SentenceFacts:
    """Read the comments of a sentence; what is not known is passed over."""
    found: dict[str, Any] = {}
    for comment in comments:
        if bare := _BARE_ID.fullmatch(comment):
            found.setdefault("id", bare[1])
        if match := KEY.fullmatch(comment):
            key, value = _fact(match[1], match[2])
            if value is not None:
                found[key] = value
    return SentenceFacts(**found) if found else NO_FACTS


def _fact(key: str, value: str) -> tuple[str, Any]:
    if key in _IDS:
        return "id", value
    if key in ("text", "part"):
        return key, value
    if key in _OF_JSON:
        name, content_type = _OF_JSON[key]
        try:
            return name, msgspec.json.decode(value, type=content_type)
        except (msgspec.DecodeError, ValueError):
            return name, None
    return key, None


_OF_JSON: dict[str, tuple[str, Any]] = {
    "id_json": ("id", str),
    "text_json": ("text", str),
    "part_json": ("part", str),
    "meta": ("meta", dict[str, Any]),
    "scores": ("scores", list[float | None]),
    "order": ("order", list[int]),
}


def comments_of(row: RawRow, *, says_text: bool) -> list[str]:
    """Write what a row says beside its tokens.

    Args:
        row: The row.
        says_text: Whether its text is to be written, too.
    """
    said = [
        *_comment("id", row.id),
        *_comment("part", row.part),
        *([f"# meta = {_json(row.meta)}"] if row.meta else []),
        *(_comment("text", row.text) if says_text else []),
    ]
    if order := order_of(row):
        said.append(f"# order = {_json(order)}")
    if any(entity.score is not None for entity in row.entities):
        said.append(f"# scores = {_json([entity.score for entity in row.entities])}")
    return said


def _comment(key: str, value: str | None) -> list[str]:
    if value is None:
        return []
    is_plain = value.isprintable() and value == value.strip() and value != ""
    return [f"# {key} = {value}" if is_plain else f"# {key}_json = {_json(value)}"]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
