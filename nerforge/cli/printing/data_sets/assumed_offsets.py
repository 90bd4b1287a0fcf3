"""The warning where nothing in a file tells what the ends of its entities mean."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from nerforge.foundation.printing import printable
from nerforge.generators.corpora.aligning.offsets import OffsetSign
from nerforge.generators.datasets.entity_gold import GoldRow
from nerforge.generators.manifests.corpus_counts import CorpusSource, OffsetSummary

_N_SHOWN = 4
_N_ROWS = 200
"""Gold rows that are read for examples."""


def assumed_offset_lines(source: CorpusSource, out: Path) -> Iterator[str]:
    """Yield a warning with entities as they were read, if ends were assumed to be exclusive.

    张伟 at 0 to 1 becomes 张 where ends are inclusive, and only a person sees it: the file is valid.
    """
    files = [] if source.files is UNSET else source.files
    if not any(map(_is_assumed, (source.offsets, *(file.offsets for file in files)))):
        return
    names = ", ".join(file.name for file in files if _is_assumed(file.offsets))
    examples = ", ".join(islice(_read_entities(out / "gold"), _N_SHOWN))
    yield printable(
        f"warning: nothing tells whether the ends of entities{f' of {names}' if names else ''} are "
        f"exclusive; taken as exclusive, as in most files, they read: {examples}. If they lack their last "
        "character, give --ends inclusive"
    )


def _is_assumed(offsets: OffsetSummary | UnsetType) -> bool:
    return offsets is not UNSET and offsets.told_by == OffsetSign.ASSUMED


def _read_entities(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        with path.open("rb") as lines:
            for line in islice(lines, _N_ROWS):
                for entity in msgspec.json.decode(line, type=GoldRow).entities:
                    yield f"{entity.text} ({entity.label})"
