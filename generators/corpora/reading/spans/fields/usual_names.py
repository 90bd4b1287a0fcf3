"""Under which names rows of JSON usually keep a sentence, its id, its split and its entities."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from nerforge.generators.corpora.reading.spans.forms.entity_keys import fold_name

TEXTS = ("text", "sentence", "data", "content", "raw_text", "query", "input", "sent")
"""In the order in which they are looked for."""
MORE_TEXTS = (
    "context",
    "raw",
    "document",
    "passage",
    "paragraph",
    "utterance",
    "doc",
    "文本",
    "句子",
    "内容",
)
"""Those of corpora beside them."""
IDS = ("id", "sample_id", "custom_id", "guid", "uid")
MORE_IDS = ("doc_id", "doc_key", "docid", "sent_id", "orig_id", "text_id")
TOKENS = ("tokens", "words", "chars", "token", "tokenized_text", "text", "sentence")
ENTITIES = (
    "entities", "spans", "ents", "ner", "ner_tags", "tags", "labels", "label", "result", "results", "output",
    "entity_list", "entity", "named_entities", "ner_result", "ner_results", "mentions", "extracted",
    "annotations",
)  # fmt: skip
MORE_ENTITIES = (
    "entity_mentions", "golden_entity_mentions", "annotation", "denotations", "label_list", "entity_spans",
    "ner_list", "ner_label", "ner_labels", "gold", "gold_entities", "target", "answer", "实体", "标注",
)  # fmt: skip
SPLITS = ("split", "subset", "partition")
META = "meta"
RELATIONS = ("relations", "relation", "spo_list", "relation_list", "triples", "relation_mentions")
EVENTS = ("events", "event_list", "event_mentions")


def find_names(rows: Sequence[Mapping[str, Any]], names: Iterable[str], but: str | None) -> Iterator[str]:
    """Yield the fields of rows that have one of some names, in their order, as the rows write them."""
    # Rows with {"Sentence": ...} have the field "Sentence" for the name "sentence".
    by_folded = {fold_name(name): name for row in rows for name in row}
    for name in names:
        if (found := by_folded.get(fold_name(name))) is not None and found != but:
            yield found
