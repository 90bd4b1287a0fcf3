"""Manifests for tests of what is told and drawn of them, without data sets beside them."""

from collections.abc import Mapping
from typing import Any

import msgspec

from nerforge.generators.corpora.statistics.corpus_counter import take_statistics
from nerforge.generators.manifests.kinds import CorpusManifest, LabelManifest, SlotManifest
from nerforge.templates.domain import Sample

_HEAD = {"answer_format": "xml", "seed": 7}
_SLOT_SETTINGS = {
    "rows": 10,
    "domain": "power",
    "only": {},
    "templates": [],
    "date_classes": [],
    "ambiguous": "omit",
    "split": "by-template",
    "negatives": 0.05,
    "noise": None,
    "min_count": None,
    "dev": 0.1,
    "test": 0.1,
}
_SLOT_SOURCE = {
    "sentences_possible": 100,
    "reference_day": "2024-06-15",
    "tables": {},
    "ambiguous_names": {},
    "ambiguous_mentions": {},
    "mentions_left_out": {},
    "dates_left_out": [],
    "coverage": {
        "names_by_label": {},
        "surface_forms": 0,
        "surface_forms_seen": 0,
        "rows_that_cover_all": None,
    },
    "split": {"kind": "by-template", "held_out": {}},
    "leaks": None,
}
_SLOT_SPLIT = {
    "samples": 0,
    "without_entities": 0,
    "entities": {},
    "kinds": {},
    "dropped": {},
    "read_back": 0,
    "offsets_not_recoverable": 0,
    "templates": {},
    "date_classes": {},
    "noise": {},
    "ambiguous": 0,
    "left_open": 0,
    "characters": {},
    "entities_per_sample": {},
}
_CORPUS_SETTINGS = {
    "limit": None,
    "head": False,
    "split": "random",
    "empty": None,
    "dev": 0.1,
    "test": 0.1,
    "strict": False,
    "label_order": "fixed",
    "shots": 0,
    "formats": [],
    "normalise": [],
    "max_chars": None,
    "max_tokens": None,
    "near_duplicates": "report",
    "similarity": 0.8,
}
_CORPUS_SOURCE = {
    "rows": 0,
    "dropped_rows": {},
    "notes": {},
    "fault_examples": [],
    "duplicate_texts": 0,
    "contradictory_texts": 0,
    "texts_also_in_train": {},
    "not_drawn": 0,
}


def slot_manifest(
    splits: Mapping[str, Mapping[str, Any]], source: Mapping[str, Any] | None = None, **head: Any
) -> SlotManifest:
    """Build the manifest of a synthetic data set; what is not given is empty."""
    given = {
        **_HEAD,
        "task": "power",
        "settings": _SLOT_SETTINGS,
        "source": {**_SLOT_SOURCE, **(source or {})},
        "splits": {name: {**_SLOT_SPLIT, **split} for name, split in splits.items()},
        **head,
    }
    return msgspec.convert(given, SlotManifest)


def label_manifest(splits: Mapping[str, Mapping[str, Any]]) -> LabelManifest:
    """Build the manifest of a data set of labelled texts; what is not given is empty."""
    empty = {"labels": {}, "options": {}, "characters": {"bins": {}, "total": 0, "largest": 0}}
    given = {
        "answer_format": "label",
        "seed": 7,
        "task": "fudan",
        "settings": _CORPUS_SETTINGS,
        "source": _CORPUS_SOURCE,
        "splits": {name: {**empty, **split} for name, split in splits.items()},
    }
    return msgspec.convert(given, LabelManifest)


def corpus_manifest(samples: list[tuple[str, Sample]]) -> CorpusManifest:
    """Build the manifest of a data set from a corpus, with the statistics of some samples."""
    given = {**_HEAD, "task": "clinic", "settings": _CORPUS_SETTINGS, "source": _CORPUS_SOURCE, "splits": {}}
    manifest = msgspec.convert(given, CorpusManifest)
    manifest.statistics = take_statistics(lambda: samples)
    return manifest
