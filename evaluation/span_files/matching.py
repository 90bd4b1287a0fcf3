"""Match the rows of a file of spans to gold: by id, by the sentence, or by position."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nerforge.evaluation.span_files.span_layout import SpanRow
from nerforge.evaluation.span_files.text_alignment import FoldedTexts
from nerforge.foundation.errors import UserError
from nerforge.templates.mentions.folding import fold

_EXCERPT = 40


@dataclass(slots=True)
class MatchedRows:
    """Rows by gold id, and what is to be said about how they were matched."""

    rows: dict[str, SpanRow] = field(default_factory=dict)
    truncated: set[str] = field(default_factory=set)
    """Gold ids of rows that hold only the beginning of their sentence."""
    notes: list[str] = field(default_factory=list)
    n_unmatched: int = 0
    n_repeated: int = 0
    """Rows that say again what another row says of the same sample."""
    n_moved: int = 0
    """Rows that stand in another place than their gold sentence."""


class Matcher:
    """Matches the rows of one file."""

    def __init__(self, path: Path, gold: Sequence[tuple[str, str]]) -> None:
        """Take the file's name for messages, and the ids and texts of the gold samples in order."""
        self._path = path
        self._gold = gold
        self._place_of = {row_id: place for place, (row_id, _) in enumerate(gold)}
        self._texts = FoldedTexts([text for _, text in gold])
        self._unmatched: list[SpanRow] = []
        self._n_by_text = 0
        self._n_ambiguous = 0
        self._is_out_of_order = False
        self.matched = MatchedRows()

    def match(self, rows: Sequence[SpanRow]) -> MatchedRows:
        """Match all rows.

        Raises:
            UserError: none belongs to gold, two say different things of one sample, or rows that hold neither
                ids nor sentences are more or fewer than gold.
        """
        if not rows:
            raise UserError(f"{self._path}: holds no predictions")
        # Three passes, the surest evidence first: a truncated row must not take the sample of a whole one.
        by_id = self._has_gold_ids(rows)
        if not by_id and all(row.text is None for row in rows):
            return self._match_by_position(rows)
        later = []
        for number, row in enumerate(rows):
            place = self._place_by_id(row) if by_id else None
            if place is None:
                later.append((number, row))
            else:
                self._add(place, row, number)
        rest = [(number, row) for number, row in later if not self._match_by_text(number, row)]
        for number, row in rest:
            if not self._match_by_beginning(number, row):
                self._unmatched.append(row)
        self._conclude(rows)
        return self.matched

    def _has_gold_ids(self, rows: Iterable[SpanRow]) -> bool:
        """Tell whether ids are those of gold: more rows agree with the sentence of their id than do not."""
        # Rows numbered by another program may carry "1", "2", ... that are gold ids of other sentences.
        agree = [self._agrees(row) for row in rows if row.id in self._place_of]
        return bool(agree) and sum(agree) * 2 > len(agree)

    def _agrees(self, row: SpanRow) -> bool:
        if row.id is None or row.id not in self._place_of:
            return False
        if row.text is None:
            return True
        gold = self._gold[self._place_of[row.id]][1]
        if row.text == gold:
            return True
        folded, text = fold(gold), fold(row.text)
        return text == folded or (bool(text) and folded.startswith(text))

    def _place_by_id(self, row: SpanRow) -> int | None:
        return self._place_of[row.id] if row.id is not None and self._agrees(row) else None

    def _match_by_text(self, number: int, row: SpanRow) -> bool:
        places = [] if row.text is None else self._texts.find(row.text)
        if not places:
            return False
        free = [place for place in places if self._gold[place][0] not in self.matched.rows]
        # 是 at 3 and 9 of gold: row 9 takes its own place although 3 is free.
        place = number if number in free else (free or places)[0]
        self._n_by_text += 1
        self._n_ambiguous += len(places) > 1
        self._is_out_of_order |= place != number
        self._add(place, row, number)
        return True

    def _match_by_beginning(self, number: int, row: SpanRow) -> bool:
        """Give a truncated row the sample that it begins, unless another row has the whole sentence."""
        places = [] if row.text is None else self._texts.find_beginning(row.text)
        free = [place for place in places if self._gold[place][0] not in self.matched.rows]
        if not free:
            return False
        self._add(free[0], row, number)
        return True

    def _add(self, place: int, row: SpanRow, number: int) -> None:
        gold_id, text = self._gold[place]
        before = self.matched.rows.get(gold_id)
        # A row without a prediction neither contradicts another of its sample nor replaces it.
        if before is not None and before.spans is not None and row.spans is not None:
            if before.spans != row.spans:
                raise UserError(
                    f"{self._path}: rows {before.place} and {row.place} predict different entities for "
                    f"sample {gold_id!r}, {text[:_EXCERPT]!r}; remove one of the two"
                )
            self.matched.n_repeated += 1
            return
        if before is None or before.spans is None:
            self.matched.rows[gold_id] = row
            self.matched.n_moved += place != number
        if row.text is not None and row.text != text and fold(row.text) != fold(text):
            self.matched.truncated.add(gold_id)

    def _match_by_position(self, rows: Sequence[SpanRow]) -> MatchedRows:
        if len(rows) != len(self._gold):
            raise UserError(
                f"{self._path}: {len(rows)} rows for {len(self._gold)} gold samples, and they hold neither "
                'gold ids nor sentences; put the gold id in each row\'s "id", or the sentence in its "text"'
            )
        said = n_found = 0
        for row, (gold_id, text) in zip(rows, self._gold, strict=True):
            self.matched.rows[gold_id] = row
            folded = fold(text)
            values = [span.text for span in row.spans or () if span.text]
            said += len(values)
            n_found += sum(fold(value) in folded for value in values)
        # Half is generous: values may be normalised. Shifted by one row, hardly any value is in its sentence.
        if n_found * 2 < said:
            raise UserError(
                f"{self._path}: rows hold neither gold ids nor sentences, and by position only {n_found} of "
                f'{said} entities stand in their gold sentence; put the gold id in each row\'s "id"'
            )
        checked = f"{n_found} of {said} entities stand in their sentence" if said else "unchecked"
        self.matched.notes.append(f"rows hold neither gold ids nor sentences: matched by position, {checked}")
        return self.matched

    def _conclude(self, rows: Sequence[SpanRow]) -> None:
        matched, n = self.matched, len(self._unmatched)
        matched.n_unmatched = n
        if not matched.rows:
            first = rows[0]
            found = repr((first.text or first.id or "")[:_EXCERPT])
            raise UserError(
                f"{self._path}: none of its {len(rows)} rows belongs to gold: row {first.place} is {found}, "
                f"gold begins with {self._gold[0][1][:_EXCERPT]!r}; both must be of the same split"
            )
        if self._n_by_text and self._is_out_of_order:
            matched.notes.append("rows were matched to gold by their sentences")
        if self._n_ambiguous:
            matched.notes.append(
                f"{_rows(self._n_ambiguous)} with the sentence of several gold samples: given in order"
            )
        if n:
            row = self._unmatched[0]
            name = repr((row.text if row.text is not None else row.id or "")[:_EXCERPT])
            matched.notes.append(
                f"{n} of {_rows(len(rows))} of no gold sample, the first is row {row.place}, {name}"
            )
        if matched.n_repeated:
            matched.notes.append(f"{_rows(matched.n_repeated)} repeated: each counts once")


def _rows(n: int) -> str:
    return f"{n} row{'' if n == 1 else 's'}"
