"""Training rows of the tiny base: queries about places that do not exist."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from nerforge.generators.slots.domain.slot_domain import Domain, read_domain
from nerforge.generators.slots.generate import sample_domain, select
from nerforge.generators.slots.tables.tables import Row
from nerforge.llamafactory_configs.tiny_base.tokens import vocabulary
from nerforge.templates.domain import Entity, Sample

FULL_NAMES = (
    *("city-company-substation", "city", "company", "city-company", "city-substation", "substation"),
    *("province-city-company-substation", "company-substation"),
)
"""Templates whose names stand in full, or follow from what is written."""
SUBSTATION_STEMS = ("city-substation-short", "substation-short")
"""Templates whose names need 供电所 behind them to be whole."""
COMPANY_STEMS = ("city-company-short", "company-short-substation-short", "company-short")
"""Templates that only who knows the names can answer: 巨野 may be a district, a county or a city."""
WRITTEN_DATES = ("day", "day_range")
"""Dates whose tokens repeat: who copies 二〇二二年十二月二日 must know which 二 comes next."""


class Cities(NamedTuple):
    """How large an invented gazetteer is."""

    n: int
    n_companies: int
    """Of each city."""
    n_substations: int
    """Of each company."""


KNOWN = Cities(6, 8, 10)
"""Whose parents the model can learn."""
UNKNOWN = Cities(2_000, 5, 6)
"""Whose parents are left open: they teach copying."""


class Names:
    """Makes up names of random characters, none of which a real place of the power domain has."""

    def __init__(self, rng: random.Random) -> None:
        """Look up characters and real names."""
        self.rng = rng
        self._characters = [
            char for char in vocabulary() if "一" <= char <= "鿿" and char not in "省市县区供电公司所"
        ]
        self._real = {
            re.sub("(省|市|县|区)?(供电(公司|中心|所))?$", "", value)
            for row in read_domain().tables["places"].rows
            for value in row.values
        }

    def invent(self, n: int) -> str:
        """Make up a name of ``n`` characters."""
        while True:
            name = "".join(self.rng.choice(self._characters) for _ in range(n))
            if name not in self._real:
                return name


def invented_domain(cities: Cities, templates: Sequence[str], names: Names) -> Domain:
    """Make up provinces, cities, companies and substations, in some of the power domain's templates."""
    domain = select(read_domain(), templates=templates, noise=())
    table = domain.tables["places"]
    rows = {row.values: row for row in _invented(cities, names)}
    return replace(domain, tables={table.name: replace(table, rows=tuple(rows.values()))})


def _invented(cities: Cities, names: Names) -> Iterator[Row]:
    for city in range(cities.n):
        if city % 8 == 0:
            province = names.invent(2) + "省"
        city_name = names.invent(2)
        for _ in range(cities.n_companies):
            company = _company(city_name, names)
            for _ in range(cities.n_substations):
                substation = names.invent(names.rng.choice((2, 2, 2, 3, 3, 4))) + "供电所"
                yield Row(0, (province, city_name, company, substation), ((), (), (), ()))


def _company(city: str, names: Names) -> str:
    """Name a company; one in ten as 菏泽经济技术开发区供电公司, which begins with its city."""
    if names.rng.random() < 0.1:
        return f"{city}{names.invent(names.rng.randint(2, 4))}开发区供电公司"
    return names.invent(names.rng.randint(1, 3)) + names.rng.choice("区县市") + "供电公司"


def without_parents(sample: Sample) -> Sample:
    """Drop the inferred entities: the places of this sample occur nowhere else."""
    spanned: tuple[Entity, ...] = tuple(entity for entity in sample.entities if entity.span)
    return Sample(sample.id, sample.text, spanned, sample.meta)


def base_samples(n_known: int, n_unknown: int, seed: int) -> list[Sample]:
    """Draw rows about the known places, and about the unknown ones, half of these with written dates."""
    rng = random.Random(seed)
    names = Names(rng)
    anyone_can = (*FULL_NAMES, *SUBSTATION_STEMS)
    gazetteer = invented_domain(KNOWN, (*anyone_can, *COMPANY_STEMS), names)
    known = list(sample_domain(gazetteer, n_known, seed))
    places = invented_domain(UNKNOWN, anyone_can, names)
    n_dated = n_unknown // 2
    unknown = chain(
        sample_domain(places, n_unknown - n_dated, seed),
        sample_domain(select(places, dates=WRITTEN_DATES), n_dated, seed + 1),
    )
    texts = {sample.text for sample in known}
    samples = known + [without_parents(sample) for sample in unknown if sample.text not in texts]
    rng.shuffle(samples)
    return samples
