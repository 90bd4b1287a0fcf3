"""Check what only shows over many rows: repeats, contradictions, leaks, balance, what max_samples takes."""

from collections import Counter
from collections.abc import Callable, Sequence
from statistics import fmean, pstdev

from nerforge.llamafactory_configs.doctor.checks.repeat_checks import PIECE
from nerforge.llamafactory_configs.doctor.faults import FaultReport, fault
from nerforge.llamafactory_configs.doctor.reading.data_sets import DataSet, DatasetDirectory
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow
from nerforge.templates.languages import EMPTY_SENTENCES

LEAKED_PROMPT = fault(
    "D403",
    "error",
    "a held-out prompt is in training too, so scores are too good",
    "split again without duplicates",
)
LEAKED_TEXT = fault(
    "D404", "error", "a held-out text is in training under another prompt", "split by texts, not by rows"
)
UNBALANCED = fault(
    "D405",
    "warning",
    "nearly all answers say that there is nothing",
    "leave rows out: generate ... --empty 0.5",
)
FIRST_ROWS = fault(
    "D406", "note", "max_samples takes the first rows of the file only", "leave it out to train on all"
)
SORTED = fault(
    "D407",
    "warning",
    "max_samples takes the first rows, and these are unlike the others: the file is sorted",
    "shuffle the file, or leave max_samples out",
)

GROUPED = fault(
    "D414",
    "warning",
    "sorted by length, rows without entities are the shortest: many batches in a row hold them alone",
    "set train_sampling_strategy: random",
)

_EMPTY_SHARE = 0.9
_GROUPED_EMPTY_SHARE = 0.1
"""Of the rows without entities, from which on a sorted stretch holds many batches of them alone."""
_MIN_ROWS = 50
"""Rows from which on shares say something."""
_UNLIKE = 0.5
"""Standard deviations between the means of first and other rows that chance does not make."""


def check_set(found: DataSet, report: FaultReport) -> None:
    """Check a data set as a whole."""
    # Held-out sets may have any share of rows without entities: they are to be as the world is.
    if found.is_wanted_for_training:
        _check_balance(found, report)
    if found.max_samples is not None and found.max_samples < len(found.rows):
        _check_first_rows(found, found.max_samples, report)


def check_leaks(folder: DatasetDirectory, report: FaultReport) -> None:
    """Check that training knows neither prompts nor texts that measure it."""
    prompts: dict[tuple[str, str], str] = {}
    texts: dict[str, str] = {}
    for found in folder.training:
        for row in found.rows:
            prompts.setdefault(found.full_prompt(row), f"{found.path.name}:{row.line}")
            if text := found.sentence(row):
                texts.setdefault(text, f"{found.path.name}:{row.line}")
    for found in folder.held_out:
        for row in found.rows:
            if known := prompts.get(found.full_prompt(row)):
                kind = PIECE if row.line in found.pieces else LEAKED_PROMPT
                report.add(kind, found.path, "" if kind is PIECE else f"as in {known}", row.line)
            elif known := texts.get(found.sentence(row)):
                report.add(LEAKED_TEXT, found.path, f"as in {known}", row.line)


def says_nothing(found: DataSet, row: DataRow) -> bool:
    """Tell whether an answer says that the text has no entities."""
    answer = found.text(row, "response")
    return answer in EMPTY_SENTENCES.values() or answer in ("{}", "[]") or answer == found.sentence(row)


def _check_balance(found: DataSet, report: FaultReport) -> None:
    if len(found.rows) < _MIN_ROWS:
        return
    n_empty = sum(says_nothing(found, row) for row in found.rows)
    share, said = n_empty / len(found.rows), f"{n_empty:,} of {len(found.rows):,}"
    if share >= _EMPTY_SHARE:
        report.add(UNBALANCED, found.path, said)
    # Trainer's LengthGroupedSampler draws stretches of 50 batches, or a quarter of the rows where that is
    # less, and sorts each from the longest row to the shortest.
    if found.is_grouped and share >= _GROUPED_EMPTY_SHARE:
        report.add(GROUPED, found.path, said)


def _check_first_rows(found: DataSet, n: int, report: FaultReport) -> None:
    report.add(FIRST_ROWS, found.path, f"{n:,} of {len(found.rows):,}")
    first, others = found.rows[:n], found.rows[n:]
    if min(len(first), len(others)) < _MIN_ROWS:
        return
    if unlike := [*_unlike_means(found, first, others), *_absent_answers(found, first, others)]:
        report.add(SORTED, found.path, "; ".join(unlike))


def _unlike_means(found: DataSet, first: Sequence[DataRow], others: Sequence[DataRow]) -> list[str]:
    measures: dict[str, Callable[[DataRow], float]] = {
        "characters of a prompt": lambda row: len(found.prompt(row)),
        "characters of an answer": lambda row: len(found.text(row, "response")),
        "answers that say nothing": lambda row: says_nothing(found, row),
    }
    unlike = []
    for name, measure in measures.items():
        a, b = [*map(measure, first)], [*map(measure, others)]
        if (spread := pstdev([*a, *b])) and abs(fmean(a) - fmean(b)) / spread > _UNLIKE:
            unlike.append(f"{name}: {fmean(a):.3g} on average, then {fmean(b):.3g}")
    return unlike


def _absent_answers(found: DataSet, first: Sequence[DataRow], others: Sequence[DataRow]) -> list[str]:
    """Find answers that the first rows lack and many others have, as those of sorted labels do."""
    known = {found.text(row, "response") for row in first}
    counts = Counter(found.text(row, "response") for row in others)
    absent = [answer for answer, n in counts.items() if answer not in known and n >= 0.05 * len(others)]
    return [f"none is answered {absent[0][:40]!r}"] if absent else []
