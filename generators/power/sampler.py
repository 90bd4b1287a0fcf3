"""Draw power-domain samples: uniformly over templates, without replacement, never holding the product."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from generators.files import DATA_DIR
from generators.power.dates import date_expressions
from generators.power.gazetteer import Gazetteer
from templates.domain import Entity, Sample
from templates.errors import UsageError, UserError
from templates.normalisers import NORMALISERS

POWER_DIR = DATA_DIR / "power"
_SLOTS = ("date", "city", "company", "substation", "indicator", "total")
_PLACE_SLOTS = ("city", "company", "substation")
_SLOT = re.compile(r"\{(\w+)\}")


class Tables(NamedTuple):
    """Everything that the slots are filled from."""

    gazetteer: Gazetteer
    dates: dict[str, tuple[str, ...]]
    """Date expressions by class."""
    indicators: tuple[str, ...]
    totals: tuple[str, ...]


class Template(NamedTuple):
    """A template's text and its slots in order; it is made of slots only."""

    text: str
    slots: tuple[str, ...]


class _Mention(NamedTuple):
    """How a query names a place: the values per level, and the surface of the city."""

    city: str | None
    city_surface: str | None
    company: str | None
    substation: str | None

    @property
    def values(self) -> tuple[str | None, ...]:
        """City, company and substation."""
        return self.city, self.company, self.substation

    @property
    def surface(self) -> str:
        """What the query says."""
        return "".join(part or "" for part in (self.city_surface, self.company, self.substation))


@dataclass(frozen=True, slots=True)
class Stratum:
    """The queries of one template and one class of dates, numbered from 0 to ``size`` - 1."""

    template: Template
    date_class: str | None
    axes: tuple[Sequence[Any], ...]
    """Dates, place mentions, indicators, counting words: a query is one choice from each."""

    @property
    def size(self) -> int:
        """Number of distinct choices."""
        return prod(len(axis) for axis in self.axes)

    def choose(self, index: int) -> list[Any]:
        """Give the choice with a number."""
        chosen = []
        for axis in reversed(self.axes):
            index, position = divmod(index, len(axis))
            chosen.append(axis[position])
        return chosen[::-1]


def load_tables(gazetteer: Gazetteer) -> Tables:
    """Put the embedded slot tables beside a gazetteer."""
    return Tables(
        gazetteer=gazetteer,
        dates=date_expressions(),
        indicators=tuple(read_lines(POWER_DIR / "indicators.txt")),
        totals=tuple(read_lines(POWER_DIR / "totals.txt")),
    )


def read_lines(path: Path) -> list[str]:
    """Read a table of one value a line; ``#`` begins a comment line."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def read_templates(path: Path = POWER_DIR / "templates.txt") -> list[Template]:
    """Read templates, one a line.

    Raises:
        UserError: a template has words between its slots, or slots that are unknown or out of order.
    """
    templates = []
    for line in read_lines(path):
        slots = tuple(_SLOT.findall(line))
        in_order = tuple(slot for slot in _SLOTS if slot in slots)
        if _SLOT.sub("", line) or slots != in_order:
            known = " ".join(f"{{{slot}}}" for slot in _SLOTS)
            raise UserError(f"{path}: template {line!r}; expected some of {known}, in this order")
        templates.append(Template(line, slots))
    return templates


def strata(templates: Sequence[Template], tables: Tables) -> list[list[Stratum]]:
    """Build the strata of every template: one per date class, or a single one without a date.

    Mentions of places that can be read in two ways are left out.
    """
    unclear = unclear_surfaces(templates, tables.gazetteer)
    return [list(_template_strata(template, tables, unclear)) for template in templates]


def unclear_surfaces(templates: Sequence[Template], gazetteer: Gazetteer) -> frozenset[str]:
    """Find the surfaces that name different places, as 乙市 + 丙供电公司 and 乙 + 市丙供电公司 do."""
    readings: dict[str, set[tuple[str | None, ...]]] = {}
    for template in templates:
        for mention in _mentions(template, gazetteer):
            readings.setdefault(mention.surface, set()).add(mention.values)
    return frozenset(surface for surface, values in readings.items() if len(values) > 1)


def _template_strata(template: Template, tables: Tables, unclear: frozenset[str]) -> Iterator[Stratum]:
    mentions = [
        mention for mention in _mentions(template, tables.gazetteer) if mention.surface not in unclear
    ]
    words = (tables.indicators, tables.totals)
    if "date" not in template.slots:
        yield Stratum(template, None, (("",), mentions, *words))
        return
    for date_class, dates in tables.dates.items():
        yield Stratum(template, date_class, (dates, mentions, *words))


def _mentions(template: Template, gazetteer: Gazetteer) -> tuple[_Mention, ...]:
    """List the distinct ways in which a template can name a place."""
    levels = [slot for slot in _PLACE_SLOTS if slot in template.slots]
    distinct: dict[_Mention, None] = {}
    for place in gazetteer.places:
        values = {level: getattr(place, level) for level in levels}
        cities = NORMALISERS["city_suffix"].surfaces(place.city) if "city" in levels else (None,)
        for surface in cities:
            mention = _Mention(values.get("city"), surface, values.get("company"), values.get("substation"))
            distinct[mention] = None
    return tuple(distinct)


def allocate(n: int, sizes: Sequence[int]) -> list[int]:
    """Share ``n`` draws as evenly as the sizes allow; what is left over goes to the largest.

    Raises:
        ValueError: the sizes together are below ``n``.
    """
    if n > sum(sizes):
        raise ValueError(f"{n} draws from {sum(sizes)}")
    shares = [0] * len(sizes)
    smallest_first = sorted(range(len(sizes)), key=lambda i: sizes[i])
    for rank, i in enumerate(smallest_first):
        shares[i] = min(sizes[i], n // (len(sizes) - rank))
        n -= shares[i]
    return shares


def count_sentences(templates: Sequence[Template], tables: Tables) -> int:
    """Count the queries that templates and tables make."""
    return sum(stratum.size for group in strata(templates, tables) for stratum in group)


def sample_power(n: int, templates: Sequence[Template], tables: Tables, rng: random.Random) -> list[Sample]:
    """Draw ``n`` samples with distinct texts, in random order.

    Templates get equal shares, within a template the classes of dates; what a small template cannot give,
    the others do. Parents are completed only where the tables leave no doubt.

    Raises:
        UsageError: templates and tables make fewer than ``n`` queries.
        UserError: the tables make one text in two ways.
    """
    groups = strata(templates, tables)
    sizes = [sum(stratum.size for stratum in group) for group in groups]
    total = sum(sizes)
    if not 0 < n <= total:
        raise UsageError(
            f"--rows {n}: the templates and tables make {total} different queries; ask for 1 to {total}"
        )
    drawn: dict[str, tuple[Stratum, list[Any]]] = {}
    for group, share in zip(groups, allocate(n, sizes), strict=True):
        for stratum, quota in zip(group, allocate(share, [s.size for s in group]), strict=True):
            for index in rng.sample(range(stratum.size), quota):
                choice = stratum.choose(index)
                text = _text(stratum.template, choice)
                if text in drawn:
                    raise UserError(f"the tables make {text!r} in two ways; rename what makes it ambiguous")
                drawn[text] = stratum, choice
    texts = list(drawn)
    rng.shuffle(texts)
    return [_sample(position, text, *drawn[text], tables.gazetteer) for position, text in enumerate(texts)]


def _text(template: Template, choice: list[Any]) -> str:
    return "".join(surface for _, surface in _fill(template, choice))


def _fill(template: Template, choice: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield each slot of the template with its surface."""
    date, mention, indicator, total = choice
    values = {
        "date": date,
        "city": mention.city_surface,
        "company": mention.company,
        "substation": mention.substation,
        "indicator": indicator,
        "total": total,
    }
    for slot in template.slots:
        yield slot, values[slot]


def _sample(position: int, text: str, stratum: Stratum, choice: list[Any], gazetteer: Gazetteer) -> Sample:
    mention: _Mention = choice[1]
    parents = gazetteer.parents(*mention.values)
    entities: list[Entity] = []
    levels = ["province", *_PLACE_SLOTS]
    cursor = 0
    for slot, surface in _fill(stratum.template, choice):
        start, cursor = cursor, cursor + len(surface)
        if slot == "total":
            continue
        if slot in levels:
            above, levels = levels[: levels.index(slot)], levels[levels.index(slot) + 1 :]
            inferred = {level: getattr(parents, level) for level in above}
            entities += [Entity(level.capitalize(), value) for level, value in inferred.items() if value]
        value = mention.city or surface if slot == "city" else surface
        entities.append(Entity(slot.capitalize(), value, start, cursor))
    open_levels = [level for level in _levels_above(mention) if getattr(parents, level) is None]
    meta = {"template": stratum.template.text, "date_class": stratum.date_class, "left_open": open_levels}
    digest = sha256(text.encode()).hexdigest()[:8]
    return Sample(f"power-{position:06d}-{digest}", text, tuple(entities), meta)


def _levels_above(mention: _Mention) -> tuple[str, ...]:
    if mention.substation:
        return ("province", "city", "company")
    return ("province", "city") if mention.company else ("province",)
