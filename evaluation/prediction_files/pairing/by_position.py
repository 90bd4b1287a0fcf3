"""Match rows without ids to gold by their place in the file, checked against what each prompt asks about."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice, pairwise

from nerforge.evaluation.prediction_files.pairing.by_text import match_by_text
from nerforge.evaluation.prediction_files.pairing.paired_answers import PairedAnswer, PairedAnswers
from nerforge.evaluation.prediction_files.pairing.texts import TextIndex, squeeze
from nerforge.evaluation.prediction_files.row_file import RowFile
from nerforge.foundation.errors import UserError

_N_FRAMED = 50
"""So many prompts tell what stands around the sentence."""
_EXCERPT = 40


def match_by_position(
    file: RowFile, gold: Sequence[tuple[str, str]], repeats: str | None = None
) -> PairedAnswers:
    """Match row by row; where that fails, by the sentences in the prompts.

    Where people wrote the file, queries may be missing in gold or be asked again; see ``match_by_text``.

    Raises:
        UserError: the prompts do not tell which gold sentence each row answers, or two rows answer one.
    """
    index = TextIndex([text for _, text in gold])
    prompts = [row.prompt or "" for _, row in islice(file, _N_FRAMED)]
    index.learn_frame(prompts, is_loose=file.layout.is_loose)
    answered: list[PairedAnswer] = []
    cut_prompts: list[int] = []
    is_in_place = True
    for place, (line, row) in enumerate(file):
        answered.append(PairedAnswer(line, row.output, row.is_cut, row.logprobs))
        if is_in_place:
            # Once a row is out of place, all are matched by their sentences below.
            check = _check_loosely if file.layout.is_loose else _check
            state = check(index, row.prompt or "", gold[place][1]) if place < len(gold) else None
            is_in_place = state is not None
            cut_prompts.extend([line] if state == "cut" else [])
    if is_in_place:
        places = range(len(answered))
        return PairedAnswers(by_gold_id(answered, places, gold), cut_prompts=cut_prompts)
    if file.layout.is_loose:
        return match_by_text(file, answered, index, gold, repeats)
    return _match_in_other_order(file, answered, index, gold)


def match_unchecked(file: RowFile, gold: Sequence[tuple[str, str]]) -> PairedAnswers:
    """Match rows that have neither ids nor prompts; only their number can be checked.

    Raises:
        UserError: there are more or fewer rows than gold.
    """
    answered = [PairedAnswer(line, row.output, row.is_cut, row.logprobs) for line, row in file]
    if len(answered) != len(gold):
        raise UserError(
            f"{file.path}: {len(answered)} rows for {len(gold)} gold samples, and layout {file.layout.name} "
            'names neither id nor prompt; put the gold id in each row\'s "id", or log the requests too'
        )
    note = f"rows of layout {file.layout.name} hold no prompt: matched to gold by position, unchecked"
    return PairedAnswers(by_gold_id(answered, range(len(answered)), gold), [note])


def _check(index: TextIndex, prompt: str, text: str) -> str | None:
    """Tell whether a prompt holds ``text``: ``whole``, ``cut``, or None."""
    frame = index.frame
    piece = frame.piece(prompt) if frame else None
    if piece == text:
        return "whole"
    # Another gold sentence in the frame: this row is shifted, even if it happens to contain `text`.
    if piece is not None and piece in index.places:
        return None
    if frame and frame.is_cut(prompt, text):
        return "cut"
    held = prompt if piece is None else piece
    return "whole" if text in held or squeeze(text) in squeeze(held) else None


def _check_loosely(index: TextIndex, prompt: str, text: str) -> str | None:
    """As ``_check``, but a query that merely contains ``text`` may be another query."""
    if index.find(prompt) == text:
        return "whole"
    return "cut" if index.find_cut(prompt) == text else None


def _match_in_other_order(
    file: RowFile, answered: Sequence[PairedAnswer], index: TextIndex, gold: Sequence[tuple[str, str]]
) -> PairedAnswers:
    texts: list[str] = []
    cut_prompts: list[int] = []
    for line, row in file:
        prompt = row.prompt or ""
        text = index.find(prompt)
        if text is None and (text := index.find_cut(prompt)):
            cut_prompts.append(line)
        if text is None:
            raise _unknown_text(file, line, prompt, index, gold[min(len(texts), len(gold) - 1)][1])
        texts.append(text)
    places = _place(file, answered, texts, index)
    note = f"{_describe(file, places, answered)}; every row was matched by the sentence in its prompt"
    n_moved = sum(place != row for row, place in enumerate(places))
    return PairedAnswers(by_gold_id(answered, places, gold), [note], cut_prompts, n_moved)


def _place(
    file: RowFile, answered: Sequence[PairedAnswer], texts: Sequence[str], index: TextIndex
) -> list[int]:
    """Give each row a gold place of its text, the next one behind the row before where there are several."""
    free = {text: list(places) for text, places in index.places.items()}
    last: dict[str, int] = {}
    places: list[int] = []
    for row, text in enumerate(texts):
        if not free[text]:
            raise _repeated(file, answered[last[text]], answered[row], text)
        # 是 at 3 and 9 of gold: the row behind the one of place 5 takes 9, and the next one 3.
        at = bisect_right(free[text], places[-1]) if places else 0
        places.append(free[text].pop(at if at < len(free[text]) else 0))
        last[text] = row
    return places


def _describe(file: RowFile, places: Sequence[int], answered: Sequence[PairedAnswer]) -> str:
    """Say how the rows stand to gold, from the first one that is out of place on."""
    shifts = [place - row for row, place in enumerate(places)]
    first = next((row for row, shift in enumerate(shifts) if shift), None)
    if first is None:
        return "the prompts hold more than their sentences"
    where, shift = f"{file.unit} {answered[first].line}", shifts[first]
    if len(set(shifts[first:])) == 1:
        return f"rows are shifted by {abs(shift)} from {where} on"
    if all(one < other for one, other in pairwise(places)):
        return f"rows are shifted by {abs(shift)} from {where} on, and by more behind it"
    return f"rows are in another order than gold from {where} on"


def _unknown_text(file: RowFile, line: int, prompt: str, index: TextIndex, expected: str) -> UserError:
    frame = index.frame
    rest = frame.left_over(prompt) if frame else None
    if frame and rest is not None and frame.piece(prompt) is None:
        return UserError(
            f"{file.at(line)}: rows are not in the order of gold, and this prompt was cut: what is left "
            f"of its sentence, {rest[:_EXCERPT]!r}, does not tell which it is; predict with more cutoff_len"
        )
    found = frame.strip(prompt)[:_EXCERPT] if frame else prompt[-2 * _EXCERPT :]
    return UserError(
        f"{file.at(line)}: the prompt does not tell which gold sentence it asks about; found {found!r}, "
        f"gold has {expected[:_EXCERPT]!r} at this place; predictions and gold must be of the same split"
    )


def _repeated(file: RowFile, before: PairedAnswer, row: PairedAnswer, text: str) -> UserError:
    return UserError(
        f"{file.at(row.line)}: repeats {file.unit} {before.line} with {row.likeness(before)}: "
        f"{text[:_EXCERPT]!r} stands in no other gold sample; remove one of the two {file.unit}s"
    )


def by_gold_id(
    answered: Sequence[PairedAnswer], places: Sequence[int], gold: Sequence[tuple[str, str]]
) -> dict[str, PairedAnswer]:
    """Give each row the id of the gold sample in its place."""
    return {gold[place][0]: row for place, row in zip(places, answered, strict=True)}
