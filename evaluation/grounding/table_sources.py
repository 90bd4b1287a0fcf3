"""Find the tables that answers are grounded on: a domain's, a data set's, or a file of the user's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from nerforge.evaluation.grounding import DEFAULT_THRESHOLD, OF_DATA
from nerforge.evaluation.grounding.grounder import TableGrounder
from nerforge.evaluation.grounding.hierarchy import Hierarchy, build_hierarchy
from nerforge.evaluation.grounding.own_tables import read_own_table
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.hashing import HashedFile, file_sha256
from nerforge.generators.datasets.dataset import MANIFEST
from nerforge.generators.manifests.kinds import read_whole_manifest
from nerforge.generators.manifests.manifest import InputDigest
from nerforge.generators.manifests.slot_counts import SlotSettings
from nerforge.generators.slots.domain.slot_domain import DOMAIN_FILE, POWER, Domain, Table, read_domain
from nerforge.generators.slots.generate import select
from nerforge.templates.domain import LabelSchema
from nerforge.templates.tasks import Task, with_surfaces

_SHIPPED = {POWER.name: POWER}
_SUFFIXES = (".csv", ".tsv", ".xlsx")
_EXPECTED = (
    f"a domain ({', '.join(_SHIPPED)}, or a folder with {DOMAIN_FILE}), a data set that was generated from "
    f"one, or a table ({', '.join(_SUFFIXES)})"
)


@dataclass(frozen=True)
class GroundingTables:
    """Tables whose levels are labels of a task."""

    task: Task
    hierarchies: tuple[Hierarchy, ...]
    files: tuple[HashedFile, ...]
    threshold: float = DEFAULT_THRESHOLD
    """The least similarity of a misspelling."""
    domain: Domain | None = None
    """The domain that the tables are of, if they are of one."""
    only: Mapping[str, tuple[str, ...]] | None = None
    """The values that were kept of a level, where not all were."""
    keeps_all: bool = False
    """Whether answers give the values of all readings of an ambiguous name (``--ambiguous all``)."""
    notes: tuple[str, ...] = ()
    """How a table was read."""

    def grounder(self) -> TableGrounder:
        """Give what grounds answers."""
        return TableGrounder(self.hierarchies, self.schema, self.threshold, keeps_all=self.keeps_all)

    @cached_property
    def schema(self) -> LabelSchema:
        """The task's labels; those with a normaliser know the other names of the tables, too."""
        said = {
            label: pairs
            for table in self.hierarchies
            for label, pairs in table.said.items()
            if self.task.schema[label].normaliser is not None
        }
        return with_surfaces(self.task, said).schema

    def values(self, label: str) -> frozenset[str]:
        """Give all values that the tables have of a label."""
        return frozenset(value for table in self.hierarchies for value in table.values(label))


def read_tables(
    name: str,
    task: Task,
    data: Path | None = None,
    threshold: float | None = None,
    *,
    option: str = "--ground",
) -> GroundingTables:
    """Read tables.

    Args:
        name: A domain's name or folder, a dataset directory, a table, or ``OF_DATA``.
        task: The task whose answers are grounded.
        data: The dataset directory that ``OF_DATA`` means.
        threshold: The least similarity of a misspelling, above 0; 1 for none, None for ``DEFAULT_THRESHOLD``.
        option: What errors call the argument.

    Raises:
        UsageError: there are no such tables, or their levels are no labels of the task.
        UserError: a file cannot be read or has faults.
    """
    threshold = DEFAULT_THRESHOLD if threshold is None else threshold
    if not 0 < threshold <= 1:
        raise UsageError(f"a threshold of {threshold}: must be above 0 and at most 1")
    path = data if name == OF_DATA else Path(name)
    if name in _SHIPPED and not Path(name).is_dir():
        found = _of_domain(_SHIPPED[name], task)
    elif path is None:
        raise UsageError(f"{option}: no data set tells the tables; name {_EXPECTED}")
    elif (path / DOMAIN_FILE).is_file():
        found = _of_domain(path, task)
    elif (path / MANIFEST).is_file():
        found = _of_data_set(path, task)
    elif path.suffix.lower() in _SUFFIXES:
        table, note = read_own_table(path, task.schema)
        file = HashedFile(path.name, file_sha256(path))
        found = GroundingTables(task, (build_hierarchy(table, task.schema),), (file,), notes=(note,))
    else:
        raise UsageError(f"{option} {path}: has no tables; expected {_EXPECTED}")
    _refuse_shared_labels(name, found)
    return replace(found, threshold=threshold)


def _of_domain(folder: Path, task: Task) -> GroundingTables:
    return _tables_of(read_domain(folder), task)


def _tables_of(domain: Domain, task: Task) -> GroundingTables:
    hierarchies = tuple(_checked(table, task, domain.folder) for table in domain.tables.values())
    if not hierarchies:
        raise UsageError(f"{domain.folder}: {DOMAIN_FILE} names no table; name {_EXPECTED}")
    names = {DOMAIN_FILE, *(Path(spec.file).name for spec in domain.spec.tables.values())}
    files = (HashedFile(**given) for given in domain.inputs if given["name"] in names)
    return GroundingTables(task, hierarchies, tuple(files), domain=domain)


def _checked(table: Table, task: Task, path: Path) -> Hierarchy:
    """Index a table whose levels must be labels of the task, each of one level."""
    labels = [spec.label for spec in table.levels.values()]
    if unknown := [label for label in labels if label not in task.schema]:
        raise UsageError(
            f"{path}: its levels {', '.join(unknown)} are no labels of the task {task.name}, which "
            f"has {', '.join(task.schema.names)}; name tables of this task"
        )
    return build_hierarchy(table, task.schema)


def _refuse_shared_labels(name: str, tables: GroundingTables) -> None:
    labels = [label for table in tables.hierarchies for label in table.labels]
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        raise UsageError(f"{name}: the label {twice[0]} is of two levels or tables; give each its own")


def _of_data_set(folder: Path, task: Task) -> GroundingTables:
    """Read the tables of the domain that a data set was generated from, and keep the values that it kept."""
    manifest = read_whole_manifest(folder / MANIFEST)
    if not isinstance(manifest.settings, SlotSettings):
        raise UsageError(f"{folder}: was not generated from tables; name {_EXPECTED}")
    settings = manifest.settings
    if settings.domain not in _SHIPPED:
        raise UsageError(
            f"{folder}: was generated from the domain {settings.domain!r}, and does not say where "
            "that lies; name its folder"
        )
    domain = read_domain(_SHIPPED[settings.domain])
    _require_same(folder, manifest.inputs, domain)
    kept = {level: tuple(values) for level, values in settings.only.items() if values}
    tables = _tables_of(select(domain, values=kept), task)
    return replace(tables, only=kept or None, keeps_all=settings.ambiguous == "all")


def _require_same(folder: Path, inputs: Iterable[InputDigest], domain: Domain) -> None:
    now = {given["name"]: given["sha256"] for given in domain.inputs}
    changed = [x.name for x in inputs if x.name.endswith(_SUFFIXES) and now.get(x.name) != x.sha256]
    if changed:
        raise UserError(
            f"{folder}: was generated from {', '.join(changed)}, which it does not hold; name that table, "
            f"as in --ground {changed[0]}"
        )
