"""What ``domain.yaml`` may say, and what is wrong with it."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, NamedTuple

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
        *_unknown_names(spec, task),
        *_slot_faults(spec),
        *(f"table {name!r} has no levels" for name, table in spec.tables.items() if not table.levels),
        *_level_faults(spec),
    ]
    if faults:
        raise UserError("\n".join(f"{path}: {fault}" for fault in faults))


def _unknown_names(spec: DomainSpec, task: Task) -> Iterator[str]:
    references = itertools.chain(
        _label_references(spec, task), _level_references(spec), _noise_references(spec)
    )
    for reference in references:
        if reference.name not in reference.known:
            known = ", ".join(reference.known)
            yield f"{reference.place} names the unknown {reference.kind} {reference.name!r}; known: {known}"


def _slot_faults(spec: DomainSpec) -> Iterator[str]:
    slots = [*_level_names(spec), *spec.words, *([spec.dates.slot] if spec.dates else [])]
    for name, n_times in Counter(slots).items():
        if n_times > 1:
            yield f"slot {name!r} is defined twice"
    reserved = {*spec.tables, *NoiseSpec.channels()}
    for name in dict.fromkeys(slots):
        if name in reserved:
            yield f"slot {name!r} has the name of a table or a noise channel; rename it"


def _level_faults(spec: DomainSpec) -> Iterator[str]:
    for name, level in _levels(spec):
        if not level.forms or ALIAS in level.forms:
            yield f"level {name!r}: needs at least one form, and none that is called {ALIAS!r}"
        for expression in (level.strip, *(form.drop for form in level.forms.values())):
            if fault := _fault_of(expression):
                yield f"level {name!r}: {expression!r} is no regular expression: {fault}"


class _Reference(NamedTuple):
    """A place of a specification that names something defined elsewhere, and what is defined there."""

    place: str
    kind: str
    name: str
    known: Sequence[str]


def _levels(spec: DomainSpec) -> Iterator[tuple[str, LevelSpec]]:
    for table in spec.tables.values():
        yield from table.levels.items()


def _level_names(spec: DomainSpec) -> list[str]:
    return [name for name, _ in _levels(spec)]


def _label_references(spec: DomainSpec, task: Task) -> Iterator[_Reference]:
    labels = task.schema.names
    for name, level in _levels(spec):
        yield _Reference(f"level {name!r}", "label", level.label, labels)
    for name, words in spec.words.items():
        if words.label is not None:
            yield _Reference(f"words {name!r}", "label", words.label, labels)
    if spec.dates:
        yield _Reference("dates", "label", spec.dates.label, labels)


def _level_references(spec: DomainSpec) -> Iterator[_Reference]:
    for name, level in _levels(spec):
        for form in level.default:
            yield _Reference(f"level {name!r}: default", "form", form, [*level.forms, ALIAS])
    for name in spec.hold_out:
        yield _Reference("hold_out", "level", name, _level_names(spec))


def _noise_references(spec: DomainSpec) -> Iterator[_Reference]:
    forms_of_slots = slots_of(spec)
    full_width, typo, drop_suffix = spec.noise.full_width, spec.noise.typo, spec.noise.drop_suffix
    if full_width:
        for name in full_width.slots:
            yield _Reference("noise: full_width", "slot", name, list(forms_of_slots))
    if typo:
        # A date with a typo would be another date.
        dates = {spec.dates.slot} if spec.dates else set()
        for name in typo.slots:
            yield _Reference(
                "noise: typo", "slot", name, [slot for slot in forms_of_slots if slot not in dates]
            )
    if drop_suffix:
        levels = [slot for slot, forms in forms_of_slots.items() if forms]
        for name, forms in drop_suffix.forms.items():
            yield _Reference("noise: drop_suffix", "level", name, levels)
            for form in forms:
                yield _Reference(f"noise: drop_suffix: {name}", "form", form, forms_of_slots.get(name, ()))


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
