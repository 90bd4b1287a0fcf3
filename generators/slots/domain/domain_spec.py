"""What ``domain.yaml`` may say, and what is wrong with it."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import msgspec

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_yaml
from nerforge.templates.tasks import Task

ALIAS = "alias"
"""The form of a table's further names for a value."""
_MIN_SURFACE = 2
"""Characters below which a shortened form says nothing any more."""

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class FormSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A way to write a value."""

    drop: str = ""
    """A regular expression whose first match is left out."""
    add: str = ""
    """What is put behind it."""

    def write(self, value: str) -> str | None:
        """Write a value in this form; None where it cannot be written so, or is too short to say anything."""
        if not self.drop:
            return value + self.add
        stem, n_dropped = re.subn(self.drop, "", value, count=1)
        return stem + self.add if n_dropped and len(stem) >= _MIN_SURFACE else None


class LevelSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A level of a table."""

    label: str
    columns: tuple[str, ...] = ()
    """Further heads that its column may have."""
    strip: str = ""
    """A regular expression that is removed from every cell."""
    forms: dict[str, FormSpec] = msgspec.field(default_factory=lambda: {"full": FormSpec()})
    default: tuple[str, ...] = ()
    """The forms of a slot that names none; the first form and the aliases, if empty."""

    @property
    def default_forms(self) -> tuple[str, ...]:
        """The forms of a slot that names none."""
        return self.default or (next(iter(self.forms)), ALIAS)


class TableSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A table of levels, the highest first."""

    file: str
    levels: dict[str, LevelSpec]


class WordsSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A list of words; without a label they are no entities."""

    file: str
    label: str | None = None


class DatesSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The slot of dates."""

    slot: str
    label: str
    periods: str | None = None
    """A CSV of named periods."""
    years_before: Annotated[int, msgspec.Meta(ge=0, le=50)] = 4
    """Years that are written out before that of the reference day."""
    years_after: Annotated[int, msgspec.Meta(ge=0, le=50)] = 0


class DropSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Noise: a value is written in a shorter form than the template asks for."""

    rate: Share
    forms: dict[str, tuple[str, ...]]
    """Forms by level that stand for its default ones."""


class TypoSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Noise: a character of a value is mistyped."""

    rate: Share
    files: tuple[str, ...]
    slots: tuple[str, ...]


class WidthSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Noise: digits are full-width."""

    rate: Share
    slots: tuple[str, ...]


class RateSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Noise that needs nothing but a rate."""

    rate: Share


class AddedSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Noise: words before or behind the sentence."""

    rate: Share
    words: str


BEFORE, AFTER = ("aside", "polite"), ("ending",)
"""The noise channels that put words before a sentence, in their order, and behind it."""


class NoiseSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The noise channels, each with the share of the rows that have it."""

    drop_suffix: DropSpec | None = None
    typo: TypoSpec | None = None
    full_width: WidthSpec | None = None
    space: RateSpec | None = None
    polite: AddedSpec | None = None
    ending: AddedSpec | None = None
    aside: AddedSpec | None = None

    @classmethod
    def channels(cls) -> tuple[str, ...]:
        """Name the channels."""
        return cls.__struct_fields__

    def on(self) -> tuple[str, ...]:
        """Name the channels that are switched on."""
        return tuple(name for name in self.channels() if getattr(self, name) and getattr(self, name).rate)


class DomainSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What ``domain.yaml`` holds."""

    title: str
    reference_day: date
    tables: dict[str, TableSpec]
    words: dict[str, WordsSpec] = {}
    dates: DatesSpec | None = None
    task: str | None = None
    """One of the project's own tasks; the ``task.yaml`` beside the file, if None."""
    hold_out: tuple[str, ...] = ()
    """Levels whose values a by-value split holds out."""
    noise: NoiseSpec = NoiseSpec()


def read_spec(path: Path) -> DomainSpec:
    """Read a ``domain.yaml``.

    Raises:
        UserError: it cannot be read, or a key or value does not fit.
    """
    content = read_yaml(path)
    try:
        return msgspec.convert(content, DomainSpec)
    except msgspec.ValidationError as err:
        raise UserError(f"{path}: {err}") from err


def check_spec(path: Path, spec: DomainSpec, task: Task) -> None:
    """Refuse names that mean nothing, all at once.

    Raises:
        UserError: there are such names.
    """
    faults = [
        f"{what} names the unknown {kind} {name!r}; known: {', '.join(known)}"
        for what, kind, name, known in _references(spec, task)
        if name not in known
    ]
    slots = [*(level for table in spec.tables.values() for level in table.levels), *spec.words]
    slots += [spec.dates.slot] if spec.dates else []
    faults += [f"slot {name!r} is defined twice" for name in dict.fromkeys(slots) if slots.count(name) > 1]
    faults += [f"table {name!r} has no levels" for name, table in spec.tables.items() if not table.levels]
    reserved = {*spec.tables, *NoiseSpec.channels()}
    faults += [
        f"slot {name!r} has the name of a table or a noise channel; rename it"
        for name in dict.fromkeys(slots)
        if name in reserved
    ]
    for table in spec.tables.values():
        for name, level in table.levels.items():
            if not level.forms or ALIAS in level.forms:
                faults.append(f"level {name!r}: needs at least one form, and none that is called {ALIAS!r}")
            for expression in (level.strip, *(form.drop for form in level.forms.values())):
                if fault := _fault_of(expression):
                    faults.append(f"level {name!r}: {expression!r} is no regular expression: {fault}")
    if faults:
        raise UserError("\n".join(f"{path}: {fault}" for fault in faults))


def _references(spec: DomainSpec, task: Task) -> Iterator[tuple[str, str, str, Sequence[str]]]:
    slots = list(slots_of(spec))
    for table in spec.tables.values():
        for name, level in table.levels.items():
            yield f"level {name!r}", "label", level.label, task.schema.names
            for form in level.default:
                yield f"level {name!r}: default", "form", form, [*level.forms, ALIAS]
    for name, words in spec.words.items():
        if words.label is not None:
            yield f"words {name!r}", "label", words.label, task.schema.names
    if spec.dates:
        yield "dates", "label", spec.dates.label, task.schema.names
    for name in spec.hold_out:
        yield "hold_out", "level", name, [level for table in spec.tables.values() for level in table.levels]
    for name in spec.noise.full_width.slots if spec.noise.full_width else ():
        yield "noise: full_width", "slot", name, slots
    for name in spec.noise.typo.slots if spec.noise.typo else ():
        yield "noise: typo", "slot", name, [s for s in slots if not (spec.dates and s == spec.dates.slot)]
    if spec.noise.drop_suffix:
        for name, forms in spec.noise.drop_suffix.forms.items():
            known = slots_of(spec).get(name, ())
            yield (
                "noise: drop_suffix",
                "level",
                name,
                [slot for slot, known in slots_of(spec).items() if known],
            )
            for form in forms:
                yield f"noise: drop_suffix: {name}", "form", form, known


def _fault_of(expression: str) -> str | None:
    try:
        re.compile(expression)
    except re.error as err:
        return str(err)
    return None


def slots_of(spec: DomainSpec) -> dict[str, tuple[str, ...]]:
    """List the slots and the forms of each."""
    slots = {
        name: (*level.forms, ALIAS) for table in spec.tables.values() for name, level in table.levels.items()
    }
    slots |= dict.fromkeys(spec.words, ())
    return slots | ({spec.dates.slot: ()} if spec.dates else {})
