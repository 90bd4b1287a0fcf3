"""What people call the columns of tables of tokens."""

from collections.abc import Sequence

TOKENS = (
    "token", "tokens", "word", "words", "char", "chars", "character", "form", "text", "text_a", "sentence",
    "surface", "字", "词", "文本",
)  # fmt: skip
TAGS = (
    "tag", "tags", "label", "labels", "ner", "ner_tag", "ner_tags", "ner tag", "bio", "entity", "iob", "slot",
    "bio_tag", "iob_tag", "entity_tag", "ne", "ne_tag", "nertag", "word_labels", "word_tags",
    "token_labels", "标签", "标注",
)  # fmt: skip
SENTENCES = (
    "sentence #", "sentence_id", "sentence id", "sent_id", "sentid", "sentenceid", "sentence#", "sent", "id",
    "sentence", "sentence_idx", "sentence_number", "sid", "doc_id", "document", "text_id", "句子",
)  # fmt: skip


def find_column(names: Sequence[str], known: Sequence[str]) -> int | None:
    """Find the column that has one of some names, whatever their case; the earliest of the names counts."""
    folded = [name.strip().casefold() for name in names]
    return next((folded.index(name) for name in known if name in folded), None)


def is_header(cells: Sequence[str]) -> bool:
    """Tell whether a record names a column of tokens, and one of tags."""
    token, tag = find_column(cells, TOKENS), find_column(cells, TAGS)
    return token is not None and tag is not None and token != tag
