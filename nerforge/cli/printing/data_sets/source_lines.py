"""What the reader of a corpus counted, a line each."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import UNSET, structs

from nerforge.foundation.printing import printable
from nerforge.generators.manifests.corpus_counts import (
    CorpusSource,
    FileCounts,
    NearDuplicateCounts,
    OffsetSummary,
)

_N_NEAR = 2
"""Examples of near duplicates that are shown of each pair of splits."""


def source_lines(source: CorpusSource) -> Iterator[str]:
    """Yield a line for each count, and for each file and pair of splits."""
    for name, value in structs.asdict(source).items():
        match value:
            case NearDuplicateCounts():
                yield from _near_duplicates(value)
            # A list of counts by file; other lists are plain values and are printed below.
            case [FileCounts(), *_]:
                yield from map(printable, map(_file_line, value))
            case _ if value is not UNSET and _is_count(plain := msgspec.to_builtins(value)):
                yield printable(f"{name.replace('_', ' ')}: {_written_out(plain)}")


def _file_line(file: FileCounts) -> str:
    """Say what one of several files gave."""
    layout = f"layout {file.layout}, " if file.layout else ""
    offsets = "" if file.offsets is UNSET else _offsets(file.offsets)
    n_shared = file.texts_also_in_another_file
    shared = f", {n_shared} of a text that another file has too" if n_shared else ""
    return (
        f"{file.name} ({file.split}): {layout}{offsets}rows {file.rows}, "
        f"samples {file.samples} ({_written_out(file.drawn)}){shared}"
    )


def _offsets(offsets: OffsetSummary) -> str:
    """Say what offsets mean, where the texts of entities do not tell it."""
    if offsets.told_by is UNSET:
        return ""
    return f"offsets {offsets.unit} with end {offsets.end} ({offsets.told_by}), "


def _near_duplicates(counts: NearDuplicateCounts) -> Iterator[str]:
    found = {name: pair for name, pair in counts.pairs.items() if pair.near}
    if not found:
        yield f"near duplicates between splits: none of similarity {counts.threshold:g} or more"
        return
    held = ", ".join(_held_by(name, pair.near) for name, pair in found.items())
    n_dropped = counts.dropped_from_train
    dropped = f"; {n_dropped} taken out of training" if n_dropped else ""
    yield f"near duplicates of similarity {counts.threshold:g} or more: {held}{dropped}"
    for pair in found.values():
        if pair.undecided:
            yield f"  {pair.undecided} texts resemble too many others to be compared with all"
        for example in pair.examples[:_N_NEAR]:
            yield f"  {example.similarity:.2f}  {' | '.join(map(printable, example.texts))}"


def _held_by(pair: str, n: int) -> str:
    """Tell of ``train-dev`` how many samples of dev training nearly holds."""
    earlier, later = pair.split("-")
    return f"{later} {n} that {earlier} nearly holds"


def _is_count(value: Any) -> bool:
    """Tell whether something was counted at all: a number, or one in what is counted by name."""
    return any(map(_is_count, value.values())) if isinstance(value, dict) else value not in (0, [])


def _written_out(value: Any) -> str:
    """Write counts by name: ``kept: as_given 12, moved 3`` for ``{"as_given": 12, "moved": 3}``."""
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if not isinstance(value, dict):
        return str(value)
    shown = {
        name: inner
        for name, inner in value.items()
        # Examples are whole sentences: they are in the manifest, and no line here.
        if isinstance(inner, int | str) or (name != "examples" and _is_count(inner))
    }
    return ", ".join(
        f"{name} ({_written_out(inner)})" if isinstance(inner, dict) else f"{name} {_written_out(inner)}"
        for name, inner in shown.items()
    )
