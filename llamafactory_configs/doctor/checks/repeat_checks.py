"""Check for duplicate prompts in a data set, with the same answer or with another."""

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path
from typing import NamedTuple

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_jsonl
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.texts.long_texts import piece_of
from nerforge.generators.datasets.dataset import ALPACA_NAMES, MANIFEST
from nerforge.generators.datasets.sentence_places import SentencePlaces, sentence_places
from nerforge.generators.manifests.manifest import read_manifest
from nerforge.llamafactory_configs.doctor.faults import FaultReport, fault
from nerforge.llamafactory_configs.doctor.reading.data_sets import DataSet, DatasetDirectory
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow

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


class _Gold(msgspec.Struct):
    text: str = ""
    meta: JsonObject = {}


class _Repeat(NamedTuple):
    found: DataSet
    row: DataRow
    first: int
    """The line of the first row with this prompt."""
    is_alike: bool


def check_repeats(folder: DatasetDirectory, report: FaultReport) -> None:
    """Check the data sets of a folder; what generate found in the corpus and counted is only noted."""
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
    # generate counts repeats of the corpus in its manifest and keeps them on purpose; more than that came
    # later.
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
        # Not told by its line: all rows of a file may stand in one.
        if prompt in seen:
            line, first = seen[prompt]
            yield _Repeat(found, row, line, first == answer)
        else:
            seen[prompt] = row.line, answer


def mark_sentences(folder: DatasetDirectory) -> None:
    """Mark what rows ask about, and which of them ask about a piece, as gold and manifest tell."""
    try:
        places = sentence_places(folder.path)
    except UserError:
        places = SentencePlaces()
    for split in ALPACA_NAMES:
        found, path = folder.of_split(split), folder.path / "gold" / f"{split}.jsonl"
        if found is not None:
            _mark(found, _read_gold(path) if path.is_file() else [], places)


def _mark(found: DataSet, gold: Sequence[_Gold], places: SentencePlaces) -> None:
    """Take what gold says at a row's place, if the row holds it, or else what stands in the sentence's."""
    fits = len(gold) == len(found.rows)
    for row, of in zip_longest(found.rows, gold if fits else ()):
        user = found.prompt(row)
        if of is not None and of.text in user:
            found.sentences[row.line] = of.text
        elif places.frame is not None:
            found.sentences[row.line] = places.guess(user)
    if fits:
        pairs = zip(found.rows, gold, strict=True)
        found.pieces = frozenset(row.line for row, of in pairs if piece_of(of.meta))


def _read_gold(path: Path) -> list[_Gold]:
    """Read gold; none of it where it cannot be read or has pieces that cannot be, as another check says."""
    try:
        gold = [row for _, row in read_jsonl(path, _Gold)]
        for row in gold:
            piece_of(row.meta)
    except (UserError, msgspec.ValidationError):
        return []
    return gold


def _counted(folder: DatasetDirectory) -> tuple[int, int]:
    """Give the numbers of repeated and of contradictory texts that the manifest tells of."""
    try:
        source = read_manifest(folder.path / MANIFEST).source
    except UserError:
        return 0, 0
    return source.duplicate_texts, source.contradictory_texts
