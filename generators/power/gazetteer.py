"""The table of cities, companies and substations, and what a query leaves certain about them."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from generators.files import DATA_DIR
from templates.errors import UsageError, UserError

COLUMNS = ("province", "city", "company", "substation")
_N_FAULTS = 20
EMBEDDED = DATA_DIR / "power" / "shandong.csv"


class Place(NamedTuple):
    """One substation with its parents; the city is written without 市."""

    province: str
    city: str
    company: str
    substation: str


@dataclass(frozen=True, slots=True)
class Parents:
    """The levels above a mentioned place, each None where the tables leave it open."""

    province: str | None
    city: str | None
    company: str | None


class Gazetteer:
    """Places, indexed by what a query may mention."""

    def __init__(self, places: Iterable[Place]) -> None:
        """Index the places; equal rows count once."""
        self.places = tuple(dict.fromkeys(places))
        self._by_mention: dict[tuple[str | None, str | None, str | None], list[Place]] = {}
        for place in self.places:
            for city in (None, place.city):
                for company in (None, place.company):
                    for substation in (None, place.substation):
                        self._by_mention.setdefault((city, company, substation), []).append(place)

    def only_cities(self, cities: Iterable[str]) -> "Gazetteer":
        """Keep the places of some cities, named with or without 市.

        Raises:
            UsageError: a city is not in the table.
        """
        known = dict.fromkeys(place.city for place in self.places)
        wanted = {city.removesuffix("市") for city in cities}
        if unknown := sorted(wanted - set(known)):
            raise UsageError(f"city {', '.join(unknown)} is not in the gazetteer; known: {', '.join(known)}")
        return Gazetteer(place for place in self.places if place.city in wanted)

    def parents(self, city: str | None, company: str | None, substation: str | None) -> Parents:
        """Complete the parents that every place with these values agrees on.

        A company is a parent only where a substation is mentioned.
        """
        places = self._by_mention[city, company, substation]
        return Parents(
            province=_agreed(place.province for place in places),
            city=_agreed(place.city for place in places),
            company=_agreed(place.company for place in places) if substation else company,
        )


def _agreed(values: Iterable[str]) -> str | None:
    distinct = set(values)
    return distinct.pop() if len(distinct) == 1 else None


def read_gazetteer(path: Path = EMBEDDED) -> Gazetteer:
    """Read a gazetteer from CSV with the columns of ``COLUMNS``; further columns are ignored.

    Raises:
        UserError: the file cannot be read, a column is missing, or a cell is empty; all faults at once.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise UserError(
                    f"{path}:1: lacks the columns {', '.join(missing)}; expected {', '.join(COLUMNS)}"
                )
            rows = [(reader.line_num, _place(row)) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as err:
        raise UserError(f"{path}: cannot be read as UTF-8 CSV: {err}") from err
    faults = [
        f"{path}:{number}: {name} is empty"
        for number, place in rows
        for name, value in place._asdict().items()
        if not value
    ]
    if faults:
        more = f"\nand {len(faults) - _N_FAULTS} more" if len(faults) > _N_FAULTS else ""
        raise UserError("\n".join(faults[:_N_FAULTS]) + more)
    if not rows:
        raise UserError(f"{path}: holds no places")
    return Gazetteer(place for _, place in rows)


def _place(row: dict[str, str | None]) -> Place:
    province, city, company, substation = ((row[name] or "").strip() for name in COLUMNS)
    return Place(province, city.removesuffix("市"), company, substation)
