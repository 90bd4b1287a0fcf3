"""Check for prompts that stand in a data set more than once, with the same answer or with another."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

import msgspec

from generators.corpora.long_texts import piece_of
from generators.dataset import ALPACA_NAMES, MANIFEST
from generators.files import read_json, read_jsonl
from llamafactory_configs.doctor.data_sets import DataSet, Folder
from llamafactory_configs.doctor.faults import Report, fault
from llamafactory_configs.doctor.row_files import Row
from templates.errors import UserError

REPEATED = fault(
    "D401", "warning", "a row stands there already, prompt and answer alike", "remove the repeats"
)
CONTRADICTION = fault(
    "D402",
    "error",
    "a prompt stands there already with another answer",
    "decide on one answer, remove the other rows",
)
COUNTED_REPEATS = fault("D408", "note", "rows stand there already; the manifest counts them", "")
COUNTED_CONTRADICTIONS = fault(
    "D409",
    "note",
    "prompts stand there already with another answer, as in the corpus; the manifest counts them",
    "correct the corpus if you can",
)


PIECE = fault(
    "D410",
    "note",
    "pieces of split texts stand there or in training already: headings, marks and the like",
    "",
)


class _Meta(msgspec.Struct):
    meta: dict[str, Any] = {}


class _Repeat(NamedTuple):
    found: DataSet
    row: Row
    first: int
    """The line of the first row with this prompt."""
    is_alike: bool


def check_repeats(folder: Folder, report: Report) -> None:
    """Check the data sets of a folder; what generate found in the corpus and counted is only noted."""
    _mark_pieces(folder)
    repeats = []
    for repeat in chain.from_iterable(map(_find, folder.sets.values())):
        if repeat.row.line in repeat.found.pieces:
            report.add(PIECE, repeat.found.path, line=repeat.row.line)
        else:
            repeats.append(repeat)
    if not repeats:
        return
    other = {(repeat.found.name, repeat.first) for repeat in repeats if not repeat.is_alike}
    n_repeats, n_contradictory = _counted(folder)
    alike = COUNTED_REPEATS if len(repeats) <= n_repeats else REPEATED
    unlike = COUNTED_CONTRADICTIONS if len(other) <= n_contradictory else CONTRADICTION
    for repeat in repeats:
        kind = alike if repeat.is_alike else unlike
        report.add(kind, repeat.found.path, f"as in line {repeat.first}", repeat.row.line)


def _find(found: DataSet) -> Iterator[_Repeat]:
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    for row in found.rows:
        prompt, answer = found.full_prompt(row), found.text(row, "response")
        if not any(prompt) or row.values.get(found.columns.get("history", "")):
            continue
        line, first = seen.setdefault(prompt, (row.line, answer))
        if line != row.line:
            yield _Repeat(found, row, line, first == answer)


def _mark_pieces(folder: Folder) -> None:
    """Mark the rows whose gold says that they are pieces; gold that does not fit is another check's."""
    for split, name in ALPACA_NAMES.items():
        found, path = folder.sets.get(name), folder.path / "gold" / f"{split}.jsonl"
        if found is None or not path.is_file():
            continue
        try:
            rows = [row for _, row in read_jsonl(path, _Meta)]
            if len(rows) == len(found.rows):
                pairs = zip(found.rows, rows, strict=True)
                found.pieces = frozenset(row.line for row, gold in pairs if piece_of(gold.meta))
        except (UserError, msgspec.ValidationError):
            continue


def _counted(folder: Folder) -> tuple[int, int]:
    """Give the numbers of repeated and of contradictory texts that the manifest tells of."""
    try:
        source = read_json(folder.path / MANIFEST, dict[str, Any]).get("source")
    except UserError:
        return 0, 0
    if not isinstance(source, dict):
        return 0, 0
    counts = (source.get(key) for key in ("duplicate_texts", "contradictory_texts"))
    repeated, contradictory = (n if isinstance(n, int) else 0 for n in counts)
    return repeated, contradictory
