"""Match the queries that people asked to gold by their text; what does not fit is counted and named."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nerforge.evaluation.prediction_files.pairing.paired_answers import PairedAnswer, PairedAnswers
from nerforge.evaluation.prediction_files.pairing.texts import TextIndex
from nerforge.evaluation.prediction_files.prediction_options import LAST, REPEATS
from nerforge.evaluation.prediction_files.row_file import RowFile
from nerforge.foundation.errors import UserError

_EXCERPT = 40
_N_NAMED = 3


class _Found(NamedTuple):
    """Which rows answer which gold text."""

    rows: dict[str, list[int]]
    strangers: list[tuple[int, str]]
    """Number and query of the rows that are not in gold."""
    cut_prompts: list[int]


def match_by_text(
    file: RowFile,
    answered: Sequence[PairedAnswer],
    index: TextIndex,
    gold: Sequence[tuple[str, str]],
    repeats: str | None = None,
) -> PairedAnswers:
    """Give each gold text the answer to its query, wherever it stands.

    Queries that are not in gold are counted and named. The same answer given again counts once. A text that
    gold holds several times takes as many answers in their order, or the one for all.

    Args:
        file: The file.
        answered: Its rows.
        index: The gold texts.
        gold: Ids and texts of gold.
        repeats: Which of several answers to a query counts: ``first``, ``last``, or None for no one.

    Raises:
        UserError: no query is in gold, or one has several answers and ``repeats`` is None.
    """
    found = _find(file, index)
    if not found.rows:
        raise _no_query_in_gold(file, found.strangers, gold)
    matched = PairedAnswers({}, _strangers_note(file, found.strangers), found.cut_prompts)
    matched.n_strangers = len(found.strangers)
    shared: list[str] = []
    for text, rows in found.rows.items():
        places = index.places[text]
        chosen = _choose(file, text, [answered[row] for row in rows], len(places), repeats)
        matched.n_repeated += max(len(rows) - len(places), 0)
        if len(places) > len(rows):
            shared.append(text)
        for place, answer in zip(places, chosen, strict=True):
            matched.answers[gold[place][0]] = answer
    matched.notes.extend(_remarks(matched.n_repeated, repeats, shared))
    return matched


def _find(file: RowFile, index: TextIndex) -> _Found:
    found = _Found({}, [], [])
    seen: set[tuple[str, str | None]] = set()
    for row, (number, read) in enumerate(file):
        prompt = read.prompt or ""
        # The history of a chat stands again in each of its rows, and was asked once.
        if read.is_earlier and (prompt, read.output) in seen:
            continue
        seen.add((prompt, read.output))
        text = index.find(prompt)
        if text is None and (text := index.find_cut(prompt)):
            found.cut_prompts.append(number)
        if text is None:
            query = index.frame.strip(prompt) if index.frame else prompt
            found.strangers.append((number, query.strip()[:_EXCERPT]))
        else:
            found.rows.setdefault(text, []).append(row)
    return found


def _choose(
    file: RowFile, text: str, rows: Sequence[PairedAnswer], n_places: int, repeats: str | None
) -> list[PairedAnswer]:
    """Give an answer for each place of a text; rows without one count only where there is none with."""
    rows = [row for row in rows if row.output is not None] or rows
    if len(rows) == n_places:
        return list(rows)
    other = next((row for row in rows if row.output != rows[0].output), None)
    if other is not None and repeats is None:
        raise UserError(
            f"{file.at(other.line)}: asks {file.unit} {rows[0].line} again and has another answer: "
            f"{text[:_EXCERPT]!r}; keep one of the two, give each round of queries its own file, or pass "
            f"--repeats {' or --repeats '.join(REPEATS)}"
        )
    return [rows[-1 if repeats == LAST else 0]] * n_places


def _strangers_note(file: RowFile, strangers: Sequence[tuple[int, str]]) -> list[str]:
    if not strangers:
        return []
    n = len(strangers)
    what = "1 query is" if n == 1 else f"{n} queries are"
    named = ", ".join(repr(query) for _, query in strangers[:_N_NAMED])
    more = f" and {n - _N_NAMED} more" if n > _N_NAMED else ""
    return [f"{what} not in gold and not scored, the first in {file.unit} {strangers[0][0]}: {named}{more}"]


def _remarks(n_repeated: int, repeats: str | None, shared: Sequence[str]) -> Iterable[str]:
    if n_repeated:
        what = "1 query was" if n_repeated == 1 else f"{n_repeated} queries were"
        kept = f"the {repeats} answer counts" if repeats else "the same answer counts once"
        yield f"{what} answered again; {kept}"
    if shared:
        what = "1 text stands" if len(shared) == 1 else f"{len(shared)} texts stand"
        example = repr(shared[0][:_EXCERPT])
        yield f"{what} in gold more often than it was asked; its answer counts for all: {example}"


def _no_query_in_gold(
    file: RowFile, strangers: Sequence[tuple[int, str]], gold: Sequence[tuple[str, str]]
) -> UserError:
    number, query = strangers[0]
    return UserError(
        f"{file.at(number)}: none of the {len(strangers)} queries tells which gold sentence "
        f"it asks about; found {query!r}, gold begins with {gold[0][1][:_EXCERPT]!r}; "
        "predictions and gold must be of the same split, and --query-field names the field of the query"
    )
