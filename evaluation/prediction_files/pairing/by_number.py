"""Match rows to gold by their order, as the user says; the numbers in ids tell it better than the lines."""

import re
from collections.abc import Sequence

from nerforge.evaluation.prediction_files.pairing.by_position import (
    by_gold_id,
    match_by_position,
    match_unchecked,
)
from nerforge.evaluation.prediction_files.pairing.paired_answers import PairedAnswer, PairedAnswers
from nerforge.evaluation.prediction_files.row_file import RowFile
from nerforge.foundation.errors import UserError

# Non-greedy: of "run2-request-10" the name is "run2-request-" and the number 10.
_NUMBER = re.compile(r"(?P<name>.*?)(?P<number>\d{1,9})")


def match_in_order(file: RowFile, gold: Sequence[tuple[str, str]]) -> PairedAnswers:
    """Match the first row to the first gold sample and so on, whatever ids the rows carry.

    Where all ids are one name with different numbers (``request-1``), the numbers count: a batch answers in
    any order. Prompts, where there are some, are checked.

    Raises:
        UserError: rows and gold are not equally many and no number tells which is missing, or a prompt asks
            about another sentence.
    """
    rows: list[PairedAnswer] = []
    ids: list[str | None] = []
    has_prompts = True
    for number, read in file:
        rows.append(PairedAnswer(number, read.output, read.is_cut, read.logprobs))
        ids.append(read.id)
        has_prompts &= read.prompt is not None
    if rows and has_prompts:
        return match_by_position(file, gold)
    numbers = _numbers(ids)
    if numbers is None:
        return match_unchecked(file, gold)
    places = _places(file, numbers, len(gold))
    note = f"rows are matched to gold by the numbers in their ids, {ids[0]} being sample {places[0] + 1}"
    matched = PairedAnswers(by_gold_id(rows, places, gold), [f"{note}; nothing checks it"])
    matched.n_moved = sum(place != row for row, place in enumerate(places))
    return matched


def _numbers(ids: Sequence[str | None]) -> list[int] | None:
    """Give the numbers at the end of ids; None where they are not numbers of one name, each once."""
    found = [_NUMBER.fullmatch(row_id or "") for row_id in ids]
    numbers = [int(match["number"]) for match in found if match]
    names = {match["name"] for match in found if match}
    is_count = len(numbers) == len(ids) == len(set(numbers)) and len(names) == 1
    return numbers if is_count else None


def _places(file: RowFile, numbers: Sequence[int], n_gold: int) -> list[int]:
    """Count from 0 or from 1, as the numbers say.

    Raises:
        UserError: there are too many, or they may be counted either way.
    """
    low, high = min(numbers), max(numbers)
    # 1 to 9 of 10 samples fits both ways: row 0 or row 10 is missing, and nothing tells which.
    fits = [base for base in (0, 1) if low >= base and high - base < n_gold]
    if len(fits) == 1 or (fits and low == 0):
        return [number - fits[0] for number in numbers]
    if not fits:
        what = f"ids are numbered from {low} to {high}, and gold has {n_gold} samples"
    else:
        what = f"ids are numbered from {low} to {high} of {n_gold}, so they may count from 0 or from 1"
    raise UserError(f"{file.path}: {what}; put the gold id in each row, or give --requests FILE")
