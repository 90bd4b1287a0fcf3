"""Spell out templates: every way through their optional parts, with every kind of noise in their names."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.domain.patterns import Slot, Template, Words
from nerforge.generators.slots.domain.slot_domain import Domain
from nerforge.generators.slots.language.readings import Chunk

DROP_SUFFIX, TYPO = "drop_suffix", "typo"

Part = Words | Slot | Chunk


class Way(NamedTuple):
    """One way through a template, with one kind of noise in its names."""

    template: int
    noise: str | None
    typo: int | None
    """The part in which something is mistyped."""
    parts: tuple[Part, ...]
    share: float
    """Of the template's sentences."""


def spell_out(domain: Domain) -> list[Way]:
    """Give all ways through a domain's templates, those without noise first.

    Raises:
        UserError: the slots of a table do not stand together in a template.
    """
    ways = [
        way for number, template in enumerate(domain.templates) for way in _ways(domain, number, template)
    ]
    # What a template says plainly is not also said by another one with noise.
    return sorted(ways, key=lambda way: (way.noise is not None, way.typo is not None))


def _ways(domain: Domain, number: int, template: Template) -> Iterator[Way]:
    noise = domain.spec.noise
    dates = domain.spec.dates.slot if domain.spec.dates else None
    if sum(slot.name == dates for slot in template.slots()) > 1:
        raise UserError(f"template {template.name}: has {{{dates}}} twice; a sentence has one date")
    for variant in template.variants():
        parts = _chunked(domain, template, variant.parts)
        shortened = _shortened(domain, parts)
        mistyped = list(_mistyped(domain, parts))
        drop = noise.drop_suffix.rate if noise.drop_suffix and shortened else 0.0
        typo = noise.typo.rate if noise.typo and mistyped else 0.0
        plain = max(1 - drop - typo, 0.0)
        yield Way(number, None, None, parts, variant.share * plain)
        if drop and shortened:
            yield Way(number, DROP_SUFFIX, None, shortened, variant.share * drop)
        for at in mistyped if typo else ():
            yield Way(number, TYPO, at, parts, variant.share * typo / len(mistyped))


def _chunked(domain: Domain, template: Template, parts: Sequence[Words | Slot]) -> tuple[Part, ...]:
    """Put the slots of one table, and the words between them, into one part."""
    tables = [_table_of(domain, part) for part in parts]
    chunked: list[Part] = []
    at = 0
    while at < len(parts):
        if tables[at] is None:
            chunked.append(parts[at])
            at += 1
            continue
        end = max(i for i, table in enumerate(tables) if table == tables[at]) + 1
        names = [part.name for part in parts[at:end] if isinstance(part, Slot)]
        of_table = [table for table in tables[at:end] if table == tables[at]]
        if len(of_table) < len(names) or len(names) > len(set(names)):
            raise UserError(
                f"template {template.name}: the slots of table {tables[at]} must stand together, each once; "
                f"found {', '.join(names)}"
            )
        chunked.append(Chunk(tables[at] or "", tuple(parts[at:end])))
        at = end
    return tuple(chunked)


def _table_of(domain: Domain, part: Words | Slot) -> str | None:
    found = domain.level(part.name) if isinstance(part, Slot) else None
    return found[0].name if found else None


def _shortened(domain: Domain, parts: tuple[Part, ...]) -> tuple[Part, ...] | None:
    """Write default forms as the channel for dropped suffixes does; None where there are none."""
    spec = domain.spec.noise.drop_suffix
    if spec is None:
        return None

    def short(part: Words | Slot) -> Words | Slot:
        is_default = (
            isinstance(part, Slot) and part.is_labelled and not part.forms and part.name in spec.forms
        )
        return part._replace(forms=spec.forms[part.name]) if is_default and isinstance(part, Slot) else part

    changed = tuple(
        Chunk(part.table, tuple(map(short, part.parts))) if isinstance(part, Chunk) else part
        for part in parts
    )
    return changed if changed != parts else None


def _mistyped(domain: Domain, parts: tuple[Part, ...]) -> Iterator[int]:
    """Yield the parts in which something can be mistyped."""
    spec = domain.spec.noise.typo
    for at, part in enumerate(parts) if spec else ():
        inner = part.parts if isinstance(part, Chunk) else (part,)
        if spec and any(isinstance(p, Slot) and p.is_labelled and p.name in spec.slots for p in inner):
            yield at
