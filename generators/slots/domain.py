"""A domain: a folder of slot tables, word lists and templates that together make sentences."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import msgspec

from generators.files import DATA_DIR, file_sha256, read_yaml
from generators.slots.dates import DateExpression, date_classes, read_periods
from generators.slots.lists import Word, read_lines, read_words
from generators.slots.patterns import Template, read_templates
from generators.slots.tables import Column, Row, read_table
from templates.domain import LabelSchema
from templates.errors import UsageError, UserError
from templates.tasks import TASK_FILE, Task, load_task, read_task

POWER = DATA_DIR / "power"
"""The folder of the power domain."""
DOMAIN_FILE = "domain.yaml"
TEMPLATES_FILE = "templates.txt"
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
    years_after: Annotated[int, msgspec.Meta(ge=0, le=50)] = 1


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


class NoiseSpec(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename=None):
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


@dataclass(frozen=True)
class Table:
    """A table that was read."""

    name: str
    levels: Mapping[str, LevelSpec]
    rows: tuple[Row, ...]

    @cached_property
    def level_names(self) -> tuple[str, ...]:
        """The levels, the highest first."""
        return tuple(self.levels)

    def only(self, level: str, values: Sequence[str]) -> "Table":
        """Keep the rows of some values of a level.

        Raises:
            UsageError: the table does not have a value.
        """
        column, strip = self.level_names.index(level), self.levels[level].strip
        known = dict.fromkeys(row.values[column] for row in self.rows)
        wanted = {re.sub(strip, "", value) if strip else value for value in values}
        if unknown := sorted(wanted.difference(known)):
            raise UsageError(f"{level} {', '.join(unknown)} is not in the table; known: {', '.join(known)}")
        return replace(self, rows=tuple(row for row in self.rows if row.values[column] in wanted))


@dataclass(frozen=True)
class Domain:
    """Everything that sentences are made from."""

    folder: Path
    task: Task
    spec: DomainSpec
    tables: Mapping[str, Table]
    words: Mapping[str, tuple[Word, ...]]
    dates: Mapping[str, tuple[DateExpression, ...]]
    """By class."""
    templates: tuple[Template, ...]
    added: Mapping[str, tuple[str, ...]]
    """Words before or behind a sentence, by noise channel."""
    confusions: Mapping[str, tuple[str, ...]]
    """For a character, those that are mistyped for it."""
    inputs: tuple[dict[str, str], ...]
    """Each file's ``name`` and ``sha256``."""

    @property
    def schema(self) -> LabelSchema:
        """The task's labels."""
        return self.task.schema

    def level(self, slot: str) -> tuple[Table, LevelSpec] | None:
        """Find the table and level that fill a slot, or None for another slot."""
        for table in self.tables.values():
            if slot in table.levels:
                return table, table.levels[slot]
        return None


def read_domain(
    folder: Path = POWER,
    *,
    tables: Mapping[str, Path] | None = None,
    templates: Path | None = None,
    shared_names: bool = False,
    reference_day: date | None = None,
) -> Domain:
    """Read a domain folder.

    Args:
        folder: Holds ``domain.yaml``, ``templates.txt`` and what these name.
        tables: Files in place of those that ``domain.yaml`` names, by table.
        templates: A file in place of ``templates.txt``.
        shared_names: Whether tables in ``tables`` may hold a name under two parents.
        reference_day: In place of that of ``domain.yaml``.

    Raises:
        UserError: a file cannot be read or used; all faults of a file at once.
    """
    spec = _read_spec(folder / DOMAIN_FILE)
    if reference_day:
        spec = msgspec.structs.replace(spec, reference_day=reference_day)
    own = tables or {}
    files = {name: own.get(name, folder / table.file) for name, table in spec.tables.items()}
    templates = templates or folder / TEMPLATES_FILE
    task = load_task(spec.task) if spec.task else read_task(folder / TASK_FILE)
    _check_spec(folder / DOMAIN_FILE, spec, task)
    read = {
        name: Table(
            name,
            table.levels,
            tuple(read_table(files[name], _columns(table), shared_names=shared_names or name not in own)),
        )
        for name, table in spec.tables.items()
    }
    return Domain(
        folder=folder,
        task=task,
        spec=spec,
        tables=read,
        words={name: read_words(folder / words.file) for name, words in spec.words.items()},
        dates=_read_dates(folder, spec),
        templates=read_templates(templates, _slots(spec)),
        added={
            name: tuple(line for _, line in read_lines(folder / getattr(spec.noise, name).words))
            for name in ("polite", "ending", "aside")
            if name in spec.noise.on()
        },
        confusions=_read_confusions([folder / name for name in spec.noise.typo.files])
        if spec.noise.typo
        else {},
        inputs=tuple(_inputs([*files.values(), templates, *_other_files(folder, spec)])),
    )


def _read_spec(path: Path) -> DomainSpec:
    content = read_yaml(path)
    try:
        return msgspec.convert(content, DomainSpec)
    except msgspec.ValidationError as err:
        raise UserError(f"{path}: {err}") from err


def _check_spec(path: Path, spec: DomainSpec, task: Task) -> None:
    """Refuse names that mean nothing, all at once."""
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
    slots = list(_slots(spec))
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
            known = _slots(spec).get(name, ())
            yield "noise: drop_suffix", "level", name, [slot for slot, known in _slots(spec).items() if known]
            for form in forms:
                yield f"noise: drop_suffix: {name}", "form", form, known


def _fault_of(expression: str) -> str | None:
    try:
        re.compile(expression)
    except re.error as err:
        return str(err)
    return None


def _slots(spec: DomainSpec) -> dict[str, tuple[str, ...]]:
    """List the slots and the forms of each."""
    slots = {
        name: (*level.forms, ALIAS) for table in spec.tables.values() for name, level in table.levels.items()
    }
    slots |= dict.fromkeys(spec.words, ())
    return slots | ({spec.dates.slot: ()} if spec.dates else {})


def _columns(table: TableSpec) -> list[Column]:
    return [Column(name, level.columns, level.strip) for name, level in table.levels.items()]


def _read_dates(folder: Path, spec: DomainSpec) -> dict[str, tuple[DateExpression, ...]]:
    if spec.dates is None:
        return {}
    periods = read_periods(folder / spec.dates.periods) if spec.dates.periods else ()
    year = spec.reference_day.year
    years = range(year - spec.dates.years_before, year + spec.dates.years_after + 1)
    return date_classes(spec.reference_day, periods, years)


def _read_confusions(paths: Sequence[Path]) -> dict[str, tuple[str, ...]]:
    confusions: dict[str, dict[str, None]] = {}
    for path in paths:
        for _, group in read_lines(path):
            for character in group:
                confusions.setdefault(character, {}).update(dict.fromkeys(group.replace(character, "")))
    return {character: tuple(others) for character, others in confusions.items()}


def _other_files(folder: Path, spec: DomainSpec) -> Iterator[Path]:
    yield folder / DOMAIN_FILE
    yield from (folder / words.file for words in spec.words.values())
    if spec.dates and spec.dates.periods:
        yield folder / spec.dates.periods
    noise: Any = msgspec.to_builtins(spec.noise)
    for channel in noise.values():
        if channel:
            yield from (folder / name for name in (*channel.get("files", ()), channel.get("words")) if name)


def _inputs(paths: Sequence[Path]) -> Iterator[dict[str, str]]:
    for path in paths:
        yield {"name": path.name, "sha256": file_sha256(path)}
