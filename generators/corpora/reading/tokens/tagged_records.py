"""JSON rows of tokens with a tag each, as hubs and scripts write them: ``tokens`` and ``ner_tags``."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.json_records import JsonRecord, read_records
from nerforge.generators.corpora.reading.raw_rows import RawRow
from nerforge.generators.corpora.reading.tags.tag_columns import PAIRED
from nerforge.generators.corpora.reading.tags.tag_names import find_names, names_of
from nerforge.generators.corpora.reading.tags.tag_schemes import OUTSIDE, find_form
from nerforge.generators.corpora.reading.tags.token_tags import is_tag
from nerforge.generators.corpora.reading.tokens.list_cells import TokenUnit
from nerforge.generators.corpora.reading.tokens.string_tokens import (
    find_string_unit,
    tags_of_value,
    tokens_of_value,
)
from nerforge.generators.corpora.reading.tokens.tagged_sentences import (
    SentenceFacts,
    TaggedSentence,
    rows_of_sentences,
)

TOKENS = (
    "tokens",
    "words",
    "chars",
    "token",
    "word",
    "characters",
    "sentence",
    "text",
    "tokenized_text",
    "input",
)
TAGS = (
    "ner_tags", "tags", "labels", "ner", "ner_labels", "label", "bio_tags", "bio", "iob_tags", "iob", "tag",
    "entities", "ner_tag", "slots", "seq_labels", "target", "output", "named_entity_tags", "entity_tags",
)  # fmt: skip
_NESTED = "nested_"
SCORES, ORDER = "entity_scores", "entity_order"
"""What our own files say of the entities of a row: see ``SentenceFacts``."""
_TEXTS = ("text", "sentence", "raw_text", "sent", "content")
_SPACES = ("trailing_whitespace", "space_after", "spaces", "ws", "whitespace")
_OF_PAIRS = frozenset(("input", "output", "target"))
"""What rows of a query and its answer call these."""
_N_FIRST = 20
_NAMES = ("id2label", "label_list", "names", "label2id")


class RowKeys(NamedTuple):
    """Where rows hold tokens and tags."""

    tokens: str
    layers: tuple[str, ...]
    """The tags, and those of entities within entities."""
    others: tuple[str, ...] = ()
    """Further lists of tags."""
    unit: TokenUnit | None = None
    """What has a tag each, where a string holds the tokens or the tags; None where they are lists."""


def find_keys(record: Mapping[str, Any], layer: str | None = None) -> RowKeys | None:
    """Find tokens, and tags as many, in a row; None where it has none."""
    for tokens in TOKENS:
        if _are_words(record.get(tokens)):
            lists = _lists_beside(record, tokens)
            if (main := _main_layer(record, lists, layer)) is not None:
                nested = [key for key in lists if key.startswith(_NESTED) and layer is None]
                layers = (main, *sorted(nested))
                return RowKeys(tokens, layers, tuple(key for key in lists if key not in layers))
    return None


def _are_words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) for word in value)


def _lists_beside(record: Mapping[str, Any], tokens: str) -> list[str]:
    """Give the keys of lists with a tag for each token."""
    n_tokens = len(record[tokens])
    others = (key for key in record if key not in (tokens, SCORES, ORDER))
    return [key for key in others if _are_tags(record[key], n_tokens)]


def _main_layer(record: Mapping[str, Any], lists: Sequence[str], layer: str | None) -> str | None:
    """Give the chosen layer, else the first known one that is no list of parts of speech, as tags may be."""
    if layer in lists:
        return layer
    known = [key for key in TAGS if key in lists]
    return min(known, key=lambda key: not _has_outside(record[key]), default=None)


def are_tagged(records: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether rows hold tokens and tags: names in some scheme, or numbers."""
    keys = next(filter(None, map(find_keys, records)), None)
    if keys is None:
        return _find_string_keys(records) is not None
    tags = [
        tag for record in records for tag in record.get(keys.layers[0]) or () if isinstance(tag, (str, int))
    ]
    if all(isinstance(tag, int) for tag in tags):
        return True
    names = Counter(tag for tag in tags if isinstance(tag, str))
    form, outside = find_form(names)
    # A file of tokens that are all entities, without positions, is one of parts of speech.
    return bool(names) and (outside in names or form in PAIRED)


def _find_string_keys(records: Sequence[Mapping[str, Any]]) -> RowKeys | None:
    """Find a text and its tags, of which one is a string, in rows that have as many tags as tokens."""
    present = set().union(*records)
    for tokens in (key for key in dict.fromkeys((*TOKENS, *_TEXTS)) if key in present - _OF_PAIRS):
        for tags in (key for key in TAGS if key in present - _OF_PAIRS - {tokens}):
            if unit := find_string_unit([(row.get(tokens), row.get(tags)) for row in records]):
                return RowKeys(tokens, (tags,), unit=unit)
    return None


def rows_of_records(path: Path, layer: str | None = None) -> Iterator[RawRow]:
    """Yield a row for each record.

    Args:
        path: A file of JSON.
        layer: The key of the tags that are read; by default the first known one, and ``nested_`` ones.

    Raises:
        UserError: a row has no tokens, not as many tags, or tags that are not known.
        UsageError: no row has the layer.
    """
    reader = _RecordReader(path, layer)
    yield from rows_of_sentences(reader.sentences, reader.where, reader.notes)


def _has_outside(tags: Sequence[Any]) -> bool:
    """Tell whether some tokens are outside of entities, or tags say positions."""
    return any(isinstance(tag, int) or tag == OUTSIDE or is_tag(tag) for tag in tags)


def _are_tags(value: Any, n_tokens: int) -> bool:
    return (
        isinstance(value, list)
        and len(value) == n_tokens
        and all(isinstance(tag, (str, int)) and not isinstance(tag, bool) for tag in value)
    )


class _RecordReader:
    def __init__(self, path: Path, layer: str | None) -> None:
        self._path = path
        self._keys = self._find(layer)
        self._reads_nested = layer is None
        self._names: dict[str, tuple[str, ...]] = {}
        self.notes = tuple(f"{key}_not_read" for key in self._keys.others)
        numbered = [key for key in self._keys.layers if self._has_numbers(key)]
        for key in numbered:
            self._names[key] = self._names_of(key)

    def where(self, sentence: TaggedSentence, token: int) -> str:
        return f"{self._path}:{sentence.place}: token {token + 1} ({sentence.tokens[token]!r:.20})"

    def sentences(self) -> Iterator[TaggedSentence]:
        for record in read_records(self._path):
            yield self._sentence(record)

    def _find(self, layer: str | None) -> RowKeys:
        first: JsonRecord | None = None
        for record in read_records(self._path):
            first = first or record
            if keys := find_keys(record.fields, layer):
                if layer is not None and layer not in keys.layers:
                    known = ", ".join((*keys.layers, *keys.others))
                    raise UsageError(f"{self._path}: --layer {layer}: rows have the tags {known}")
                return keys
        if first is None:
            raise UserError(f"{self._path}: holds no rows")
        rows = [record.fields for record in islice(read_records(self._path), _N_FIRST)]
        if (found := _find_string_keys(rows)) and layer in (None, *found.layers):
            return found
        raise UserError(
            f"{first.where}: found {', '.join(list(first.fields)[:12])}; expected a list of tokens "
            f"({TOKENS[0]}) and as many tags ({TAGS[0]})"
        )

    def _has_numbers(self, key: str) -> bool:
        found = (record.fields.get(key) for record in read_records(self._path))
        return next((isinstance(tags[0], int) for tags in found if isinstance(tags, list) and tags), False)

    def _names_of(self, key: str) -> tuple[str, ...]:
        first = next(read_records(self._path)).fields
        beside = next((names for name in _NAMES if (names := names_of(first.get(name)))), None)
        if beside:
            return beside
        found = find_names(self._path, key)
        if found is None:
            raise UserError(
                f"{self._path}: {key} holds numbers, and no file says what they stand for; put labels.txt "
                f"beside it, with a name on each line in the order of the numbers (O, B-PER, I-PER, ...), or "
                f"id2label.json"
            )
        self.notes = (*self.notes, f"names_of_{key}_from_{found.source}")
        return found.names

    def _sentence(self, record: JsonRecord) -> TaggedSentence:
        fields, keys = record.fields, self._keys
        tokens = fields.get(keys.tokens)
        if keys.unit is not None:
            tokens = tokens_of_value(tokens, keys.unit)
        if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
            raise UserError(f"{record.where}: {keys.tokens} is {tokens!r:.40}; expected a list of tokens")
        nested = [key for key in fields if key.startswith(_NESTED)] if self._reads_nested else []
        layers = [self._tags(record, key, len(tokens)) for key in (keys.layers[0], *sorted(nested))]
        return TaggedSentence(
            record.place, tokens, layers, _facts(fields, keys), _spaces(fields, len(tokens))
        )

    def _tags(self, record: JsonRecord, key: str, n_tokens: int) -> list[str]:
        tags = record.fields.get(key)
        if self._keys.unit is not None:
            tags = tags_of_value(tags)
        if not isinstance(tags, list) or len(tags) != n_tokens:
            found = f"{len(tags)} tags" if isinstance(tags, list) else f"{tags!r:.40}"
            raise UserError(f"{record.where}: {key} has {found} for {n_tokens} tokens; expected one a token")
        names = self._names.get(key)
        return [self._name(record, key, tag, names) for tag in tags]

    def _name(self, record: JsonRecord, key: str, tag: Any, names: tuple[str, ...] | None) -> str:
        if isinstance(tag, str) and names is None:
            return tag
        if names is None or not isinstance(tag, int) or not 0 <= tag < len(names):
            known = f"one of the numbers 0 to {len(names) - 1}" if names else "names of tags"
            raise UserError(f"{record.where}: {key} holds {tag!r}; expected {known}")
        return names[tag]


def _spaces(fields: JsonObject, n_tokens: int) -> list[bool] | None:
    """Give behind which tokens there is a space, where the row says it."""
    found = (fields[key] for key in _SPACES if key in fields)
    return next((x for x in found if _are_flags(x) and len(x) == n_tokens), None)


def _are_flags(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(flag, bool) for flag in value)


def _facts(fields: JsonObject, keys: RowKeys) -> SentenceFacts:
    texts = [key for key in _TEXTS if keys.unit is None or key != keys.tokens or keys.unit.is_of_text]
    text = next((fields[key] for key in texts if isinstance(fields.get(key), str)), None)
    id_, part, meta = fields.get("id"), fields.get("split"), fields.get("meta")
    scores, order = fields.get(SCORES), fields.get(ORDER)
    return SentenceFacts(
        text,
        str(id_) if isinstance(id_, (str, int)) else None,
        part if isinstance(part, str) else None,
        meta if isinstance(meta, dict) else None,
        scores if isinstance(scores, list) else (),
        order if isinstance(order, list) and all(isinstance(n, int) for n in order) else (),
    )
