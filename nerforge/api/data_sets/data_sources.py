"""What ``generate`` makes data of: the kinds of sources, the words that each takes, and what writes it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.foundation.entry_points import load_target
from nerforge.foundation.errors import UsageError
from nerforge.generators.classification import CLASSIFICATION_TASKS
from nerforge.generators.corpora import CORPUS_TASKS
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.manifests.manifest import Manifest

POWER, CORPUS = "power", "corpus"
SHARE = 0.1
"""Of the rows, by default for dev and for test each."""
Words = dict[str, Any]
"""The arguments of ``generate``, by name."""
OnProgress = Callable[[int, int], None]
"""Called with the number of rows done and of all rows."""
Files = str | Path | Sequence[str | Path]
"""One file or several; a string may also be ``hf:OWNER/NAME[:FILE]`` or ``modelscope:OWNER/NAME[:FILE]``."""
SplitSource = float | Files | None
"""A share of the rows, published files, or None for the default."""

_ALL = (
    *("source", "out", "split", "dev", "test", "seed", "prompt", "language", "turn", "prefix", "labels"),
    *("rows_as", "jsonl", "into", "name", "overwrite", "stats", "on_progress"),
)
_ENTITIES = ("format", "formats")
_SLOTS = (
    *("rows", "ambiguous", "negatives", "noise", "only_templates", "only_dates", "templates", "min_count"),
    *("reference_day", "workers"),
)
_TEXTS = (
    *("input", "train", "strict", "limit", "head", "normalise", "max_chars", "max_tokens"),
    *("near_duplicates", "similarity", "label_order", "shots"),
)
READING = ("layout", "token_column", "tag_column", "layer", "fields", "ends", "unit")
"""Those that say how files are to be read."""
_CORPUS = (*_TEXTS, *_ENTITIES, *READING, "empty")


class DataReport(NamedTuple):
    """What was written of a source."""

    manifest: Manifest[Any, Any, Any]
    pictures: Sequence[Path]


Write = Callable[[str | Path, DatasetOptions, Words], DataReport]


@dataclass(frozen=True, slots=True)
class SourceKind:
    """A kind of sources."""

    words: tuple[str, ...]
    """The words that it takes besides those that every source does."""
    writer: str
    """``module:function`` of what writes a data set of it; imported on use, with numpy."""

    def refuse_unknown(self, source: str | Path, given: Sequence[str]) -> None:
        """Refuse words of other kinds of sources.

        Raises:
            UsageError: there is one.
        """
        # `given` are the words that differ from their defaults: similarity=0.8 says nothing, 0.9 does.
        if unknown := [word for word in given if word not in (*_ALL, *self.words)]:
            raise UsageError(
                f"generate {source}: does not take {', '.join(unknown)}; it takes {', '.join(self.words)}"
            )

    def write(self, source: str | Path, dataset: DatasetOptions, words: Words) -> DataReport:
        """Write a data set.

        Raises:
            UserError: the words, the data or the output folder cannot be used.
        """
        write: Write = load_target(self.writer)
        return write(source, dataset, words)


# Names in place of functions: a set of sentences needs no reader of corpora, and the other way round.
_SYNTHETIC = "nerforge.api.data_sets.synthetic_data:write_synthetic"
_POWER_KIND = SourceKind((*_SLOTS, *_ENTITIES, "cities", "gazetteer"), _SYNTHETIC)
_DOMAIN_KIND = SourceKind((*_SLOTS, *_ENTITIES, "tables", "only"), _SYNTHETIC)
_CORPUS_KIND = SourceKind(_CORPUS, "nerforge.api.data_sets.corpus_data:write_corpus")
_OWN_CORPUS_KIND = replace(_CORPUS_KIND, words=(*_CORPUS, "task"))
_LABELS_KIND = SourceKind(_TEXTS, "nerforge.api.data_sets.corpus_data:write_labelled_texts")


def find_kind(source: str | Path) -> SourceKind:
    """Find out what kind of source a user names.

    Raises:
        UsageError: it is none of the known ones, nor the folder of a domain.
    """
    by_name = {
        POWER: _POWER_KIND,
        CORPUS: _OWN_CORPUS_KIND,
        **dict.fromkeys(CORPUS_TASKS, _CORPUS_KIND),
        **dict.fromkeys(CLASSIFICATION_TASKS, _LABELS_KIND),
    }
    # A Path is a folder, even one that is named like a source.
    if isinstance(source, str) and source in by_name:
        return by_name[source]
    if Path(source).is_dir():
        return _DOMAIN_KIND
    known = ", ".join(by_name)
    raise UsageError(f"unknown source {str(source)!r}; known: {known}, or the folder of a domain")
