"""A domain: a folder of slot tables, word lists and templates that together make sentences."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.errors import UsageError, UserError, unknown_name
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.files.shipped import DATA_DIR
from nerforge.generators.slots.dates.dates import DateExpression, Period, date_classes, read_periods
from nerforge.generators.slots.domain.domain_spec import (
    AFTER,
    BEFORE,
    DomainSpec,
    LevelSpec,
    TableSpec,
    check_spec,
    read_spec,
    slots_of,
)
from nerforge.generators.slots.domain.patterns import Template, read_templates
from nerforge.generators.slots.tables.lists import Word, read_lines, read_words
from nerforge.generators.slots.tables.tables import Column, Row, read_table
from nerforge.templates.domain import LabelSchema
from nerforge.templates.tasks import Task, load_task, read_task
from nerforge.templates.tasks.files import TASK_FILE

POWER = DATA_DIR / "power"
"""The folder of the power domain."""
DOMAIN_FILE = "domain.yaml"
TEMPLATES_FILE = "templates.txt"
BASE_TEMPLATES = POWER / "base_templates.txt"
"""The power domain's twelve base templates alone."""
YEARS = range(1900, 2200)
"""Years in which a reference day may lie."""


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
    periods: tuple[Period, ...]
    date_names: tuple[str, ...] | None
    """The classes of dates to keep; None for all."""
    templates: tuple[Template, ...]
    templates_file: Path
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

    @cached_property
    def dates(self) -> Mapping[str, tuple[DateExpression, ...]]:
        """The dates by class."""
        if self.spec.dates is None:
            return {}
        year = self.spec.reference_day.year
        years = range(year - self.spec.dates.years_before, year + self.spec.dates.years_after + 1)
        classes = date_classes(self.spec.reference_day, self.periods, years)
        return {name: classes[name] for name in classes if self.date_names is None or name in self.date_names}

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
    spec = _read_dated_spec(folder, reference_day)
    own = tables or {}
    for name in own:
        if name not in spec.tables:
            raise unknown_name("table", name, spec.tables)
    files = {name: own.get(name, folder / table.file) for name, table in spec.tables.items()}
    templates = templates or folder / TEMPLATES_FILE
    task = load_task(spec.task) if spec.task else read_task(folder / TASK_FILE)
    check_spec(folder / DOMAIN_FILE, spec, task)
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
        periods=read_periods(folder / spec.dates.periods) if spec.dates and spec.dates.periods else (),
        date_names=None,
        templates=read_templates(templates, slots_of(spec)),
        templates_file=templates,
        added=_read_added_words(folder, spec),
        confusions=_read_confusions(folder, spec),
        inputs=tuple(_inputs([*files.values(), templates, *_other_files(folder, spec)])),
    )


def _read_dated_spec(folder: Path, reference_day: date | None) -> DomainSpec:
    spec = read_spec(folder / DOMAIN_FILE)
    if reference_day:
        spec = msgspec.structs.replace(spec, reference_day=reference_day)
    if spec.reference_day.year not in YEARS:
        raise UserError(
            f"reference day {spec.reference_day}: must lie in the years {YEARS.start} to {YEARS.stop - 1}"
        )
    return spec


def _read_added_words(folder: Path, spec: DomainSpec) -> dict[str, tuple[str, ...]]:
    """Read the words that noise puts before and after a sentence, by channel."""
    on = spec.noise.on()
    return {
        name: tuple(line for _, line in read_lines(folder / getattr(spec.noise, name).words))
        for name in (*BEFORE, *AFTER)
        if name in on
    }


def _columns(table: TableSpec) -> list[Column]:
    return [Column(name, level.columns, level.strip) for name, level in table.levels.items()]


def _read_confusions(folder: Path, spec: DomainSpec) -> dict[str, tuple[str, ...]]:
    """Read which characters are typed for which: of a line 已己巳 each for the two others."""
    confusions: dict[str, dict[str, None]] = {}
    for name in spec.noise.typo.files if spec.noise.typo else ():
        for _, group in read_lines(folder / name):
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
