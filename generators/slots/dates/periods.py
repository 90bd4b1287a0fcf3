"""Dates as a query says them, and periods that come every year, read from the domain's own table of them."""

import csv
import re
from calendar import isleap, monthrange
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.tables.lists import read_lines

_HEAD = ["name", "first", "last"]


class Period(NamedTuple):
    """A stretch of every year, its ends inclusive as (month, day); it may cross the year's end."""

    name: str
    first: tuple[int, int]
    """(2, 29) is in leap years only; a period that is read from a file does not begin on it."""
    last: tuple[int, int]
    """(2, 29) is the last day of February in any year."""


class DateExpression(NamedTuple):
    """What a query says and the days it means on the reference day."""

    surface: str
    first: date
    last: date
    """Inclusive, never before ``first``."""


def said(surfaces: Iterable[str], first: date, last: date) -> Iterator[DateExpression]:
    """Say one interval in several ways."""
    return (DateExpression(surface, first, last) for surface in surfaces)


def clamped(year: int, month: int, day: int) -> date:
    """Find a day of a month, or the month's last where it is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def in_year(period: Period, year: int) -> DateExpression:
    """Find the days of the period that begins in ``year``."""
    last_year = year + (period.last < period.first)
    return DateExpression(period.name, date(year, *period.first), clamped(last_year, *period.last))


def latest(periods: Iterable[Period], reference: date) -> Iterator[DateExpression]:
    """Find each period's last occurrence that has begun by the reference day."""
    for period in periods:
        year = reference.year - (period.first > (reference.month, reference.day))
        while period.first == (2, 29) and not isleap(year):
            year -= 1
        yield in_year(period, year)


def read_periods(path: Path) -> tuple[Period, ...]:
    """Read named periods from CSV: the head name,first,last, the days as MM-DD; ``#`` begins a comment line.

    Raises:
        UserError: the file cannot be read, or lines of it hold faults; all at once, with path and line.
    """
    lines = list(read_lines(path))
    number, head = lines[0] if lines else (1, "")
    if [cell.strip().lower() for cell in head.split(",")] != _HEAD:
        raise UserError(f"{path}:{number}: the head is {head!r}; expected {','.join(_HEAD)}")
    found: dict[str, int] = {}
    periods = []
    faults = []
    for number, line in lines[1:]:
        try:
            period = _period(line)
        except ValueError as err:
            faults.append(f"{path}:{number}: {err}")
            continue
        if found.setdefault(period.name, number) != number:
            first = found[period.name]
            faults.append(f"{path}:{number}: {period.name!r} stands already in line {first}; leave one out")
        periods.append(period)
    if faults:
        raise UserError("\n".join(faults))
    return tuple(periods)


def _period(line: str) -> Period:
    try:
        cells = [cell.strip() for cell in next(csv.reader([line], strict=True))]
    except csv.Error as err:
        raise ValueError(f"{line!r} is no CSV: {err}; expected {','.join(_HEAD)}") from err
    if len(cells) != len(_HEAD):
        raise ValueError(f"{len(cells)} cells in {line!r}; expected {','.join(_HEAD)}")
    name, first, last = cells
    if not name or not name.isprintable():
        raise ValueError(f"the name {name!r} is empty or holds an invisible character; type it anew")
    period = Period(name, _month_day(first), _month_day(last))
    if period.first == (2, 29):
        raise ValueError(f"{name!r} begins on 02-29, which is not in every year; write 02-28 or 03-01")
    return period


def _month_day(cell: str) -> tuple[int, int]:
    figures = re.fullmatch(r"([0-9]{2})-([0-9]{2})", cell)
    try:
        # A leap year, so that 02-29 is a day.
        day = date(2000, int(figures[1]), int(figures[2])) if figures else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(f"{cell!r} is no day; expected MM-DD, as in 06-01")
    return day.month, day.day
