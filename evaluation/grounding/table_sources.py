"""Find the tables that answers are grounded on: a domain's, a data set's, or a file of the user's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nerforge.evaluation.grounding.grounder import TableGrounder
from nerforge.evaluation.grounding.grounding_scores import TableFile
from nerforge.evaluation.grounding.hierarchy import Hierarchy, build_hierarchy
from nerforge.evaluation.grounding.linking import DEFAULT_THRESHOLD
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.generators.datasets.dataset import MANIFEST
from nerforge.generators.manifests.kinds import read_whole_manifest
from nerforge.generators.manifests.manifest import InputDigest
from nerforge.generators.manifests.slot_counts import SlotSettings
from nerforge.generators.slots.domain.domain_spec import LevelSpec
from nerforge.generators.slots.domain.slot_domain import DOMAIN_FILE, POWER, Domain, Table, read_domain
from nerforge.generators.slots.generate import select
from nerforge.generators.slots.tables.table_files import read_sheets
from nerforge.generators.slots.tables.tables import Column, Row, read_table
from nerforge.templates.domain import LabelSchema
from nerforge.templates.tasks import Task

OF_DATA = "data"
"""In place of a name: the tables that the data set was generated from."""
_SHIPPED = {POWER.name: POWER}
_SUFFIXES = (".csv", ".tsv", ".xlsx")
_EXPECTED = (
    f"a domain ({', '.join(_SHIPPED)}, or a folder with {DOMAIN_FILE}), a data set that was generated from "
    f"one, or a table ({', '.join(_SUFFIXES)})"
)


@dataclass(frozen=True, slots=True)
class GroundingTables:
    """Tables whose levels are labels of a task."""

    task: Task
    hierarchies: tuple[Hierarchy, ...]
    files: tuple[TableFile, ...]
    threshold: float = DEFAULT_THRESHOLD
    """The least similarity of a misspelling."""
    domain: Domain | None = None
    """The domain that the tables are of, if they are of one."""
    only: Mapping[str, tuple[str, ...]] | None = None
    """The values that were kept of a level, where not all were."""

    def grounder(self) -> TableGrounder:
        """Give what grounds answers."""
        return TableGrounder(self.hierarchies, self.task.schema, self.threshold)

    def values(self, label: str) -> frozenset[str]:
        """Give all values that the tables have of a label."""
        return frozenset(value for table in self.hierarchies for value in table.values(label))


def read_tables(
    name: str, task: Task, data: Path | None = None, threshold: float | None = None
) -> GroundingTables:
    """Read tables.

    Args:
        name: A domain's name or folder, a dataset directory, a table, or ``OF_DATA``.
        task: The task whose answers are grounded.
        data: The dataset directory that ``OF_DATA`` means.
        threshold: The least similarity of a misspelling, above 0; 1 for none, None for ``DEFAULT_THRESHOLD``.

    Raises:
        UsageError: there are no such tables, or their levels are no labels of the task.
        UserError: a file cannot be read or has faults.
    """
    threshold = DEFAULT_THRESHOLD if threshold is None else threshold
    if not 0 < threshold <= 1:
        raise UsageError(f"--ground-threshold {threshold}: must be above 0 and at most 1")
    path = data if name == OF_DATA else Path(name)
    if name in _SHIPPED and not Path(name).is_dir():
        found = _of_domain(_SHIPPED[name], task)
    elif path is None:
        raise UsageError(f"--ground: no data set tells the tables; name {_EXPECTED}")
    elif (path / DOMAIN_FILE).is_file():
        found = _of_domain(path, task)
    elif (path / MANIFEST).is_file():
        found = _of_data_set(path, task)
    elif path.suffix.lower() in _SUFFIXES:
        found = _of_file(path, task)
    else:
        raise UsageError(f"--ground {path}: has no tables; expected {_EXPECTED}")
    return replace(found, threshold=threshold)


def _of_domain(folder: Path, task: Task) -> GroundingTables:
    return _tables_of(read_domain(folder), task)


def _tables_of(domain: Domain, task: Task) -> GroundingTables:
    hierarchies = tuple(_checked(table, task, domain.folder) for table in domain.tables.values())
    if not hierarchies:
        raise UsageError(f"--ground {domain.folder}: {DOMAIN_FILE} names no table; name {_EXPECTED}")
    names = {DOMAIN_FILE, *(Path(spec.file).name for spec in domain.spec.tables.values())}
    files = (TableFile(**given) for given in domain.inputs if given["name"] in names)
    return GroundingTables(task, hierarchies, tuple(files), domain=domain)


def _checked(table: Table, task: Task, path: Path) -> Hierarchy:
    """Index a table whose levels must be labels of the task, each of one level."""
    labels = [spec.label for spec in table.levels.values()]
    if unknown := [label for label in labels if label not in task.schema]:
        raise UsageError(
            f"--ground {path}: its levels {', '.join(unknown)} are no labels of the task {task.name}, which "
            f"has {', '.join(task.schema.names)}; name tables of this task"
        )
    if len(set(labels)) < len(labels):
        raise UsageError(f"--ground {path}: two levels of {table.name} have one label; give each its own")
    return build_hierarchy(table, task.schema)


def _of_data_set(folder: Path, task: Task) -> GroundingTables:
    """Read the tables of the domain that a data set was generated from, and keep the values that it kept."""
    manifest = read_whole_manifest(folder / MANIFEST)
    if not isinstance(manifest.settings, SlotSettings):
        raise UsageError(f"--ground {folder}: was not generated from tables; name {_EXPECTED}")
    settings = manifest.settings
    if settings.domain not in _SHIPPED:
        raise UsageError(
            f"--ground {folder}: was generated from the domain {settings.domain!r}, and does not say where "
            "that lies; name its folder"
        )
    domain = read_domain(_SHIPPED[settings.domain])
    _require_same(folder, manifest.inputs, domain)
    kept = {level: tuple(values) for level, values in settings.only.items() if values}
    return replace(_tables_of(select(domain, values=kept), task), only=kept or None)


def _require_same(folder: Path, inputs: Iterable[InputDigest], domain: Domain) -> None:
    now = {given["name"]: given["sha256"] for given in domain.inputs}
    changed = [x.name for x in inputs if x.name.endswith(_SUFFIXES) and now.get(x.name) != x.sha256]
    if changed:
        raise UserError(
            f"--ground {folder}: was generated from another {', '.join(changed)} than {domain.folder} has; "
            "name the table or the domain that it was generated from"
        )


def _of_file(path: Path, task: Task) -> GroundingTables:
    """Read a table whose head names labels of the task, the highest level first."""
    schema = task.schema
    levels = _levels(path, schema)
    columns = [Column(name, level.columns) for name, level in levels.items()]
    rows = [_normalised(row, levels, schema) for row in read_table(path, columns, shared_names=True)]
    table = Table(path.name, levels, tuple(rows))
    return GroundingTables(
        task, (build_hierarchy(table, schema),), (TableFile(path.name, file_sha256(path)),)
    )


def _levels(path: Path, schema: LabelSchema) -> dict[str, LevelSpec]:
    heads = [cell.strip() for sheet in read_sheets(path)[:1] for cell in sheet.head]
    named = {head: label for head in heads if head and (label := schema.from_variant(head))}
    if not named:
        raise UsageError(
            f"{path}: its columns {', '.join(filter(None, heads)) or '(none)'} name no label; expected "
            f"columns of the labels {', '.join(schema.names)}, the highest level first; rename them"
        )
    return {head.casefold(): LevelSpec(label.name) for head, label in named.items()}


def _normalised(row: Row, levels: Mapping[str, LevelSpec], schema: LabelSchema) -> Row:
    """Write values as answers of the task do: the City 菏泽市 as 菏泽."""
    normalisers = [schema[level.label].normaliser for level in levels.values()]
    values = (x.normalise(v) if x else v for x, v in zip(normalisers, row.values, strict=True))
    return row._replace(values=tuple(values))
