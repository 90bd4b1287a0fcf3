"""Find the constraint of a data set's answers: its task, its format, and the tables that go with it."""

from collections.abc import Callable
from pathlib import Path

from nerforge.evaluation.constraints.constraint import NO_TABLES, OWN_TABLES, Constraint, make_constraint
from nerforge.evaluation.grounding import OF_DATA
from nerforge.evaluation.grounding.table_sources import GroundingTables, read_tables
from nerforge.evaluation.reading.task_of_gold import data_of_gold, find_task
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.datasets.dataset import MANIFEST
from nerforge.generators.manifests.kinds import read_whole_manifest
from nerforge.generators.manifests.slot_counts import SlotSettings
from nerforge.generators.slots.domain.slot_domain import POWER
from nerforge.templates.tasks import Task


def constraint_of_gold(gold: Path, tables: str, tell: Callable[[str], None] | None = None) -> Constraint:
    """Make the constraint of the answers to a gold file's sentences.

    Args:
        gold: The file; its data set tells task and format.
        tables: ``OWN_TABLES``, ``NO_TABLES``, or what ``read_tables`` takes.
        tell: Gets a line where tables cannot be found.

    Raises:
        UsageError: there are no such tables, or no grammars of the format.
        UserError: the gold file is missing, or tables cannot be read.
    """
    if not gold.is_file():
        raise UserError(
            f"--constrain needs the sentences: {gold} does not exist; name their gold with --gold"
        )
    task, answer_format = find_task(gold, None, None)
    return constraint_of_task(task, answer_format, tables, data_of_gold(gold), tell)


def constraint_of_task(
    task: Task,
    answer_format: str | None,
    tables: str,
    data: Path | None,
    tell: Callable[[str], None] | None = None,
) -> Constraint:
    """Make the constraint of a task's answers; ``data`` is the dataset directory, where there is one.

    Raises:
        UsageError: there are no such tables, or no grammars of the format.
        UserError: tables cannot be read.
    """
    # Before tables are read: a format without grammars is refused at once.
    bare = make_constraint(answer_format, task.schema)
    found = _tables(task, tables, data, tell)
    if found is None:
        return bare
    values = {label: sorted(found.values(label)) for label in task.schema.names}
    return make_constraint(answer_format, task.schema, {x: y for x, y in values.items() if y})


def _tables(
    task: Task, name: str, data: Path | None, tell: Callable[[str], None] | None
) -> GroundingTables | None:
    if name == NO_TABLES:
        return None
    if name != OWN_TABLES:
        return _read(name, task, data)
    if data is not None and _is_of_tables(data):
        try:
            return _read(OF_DATA, task, data)
        except UsageError as err:
            # A domain of the user's own lies somewhere; without it a model may still copy and tag.
            if tell is not None:
                tell(f"{err}; until then answers complete nothing (--constrain TABLES)")
            return None
    return _read(POWER.name, task, data) if task.name == POWER.name else None


def _is_of_tables(data: Path) -> bool:
    path = data / MANIFEST
    return path.is_file() and isinstance(read_whole_manifest(path).settings, SlotSettings)


def _read(name: str, task: Task, data: Path | None) -> GroundingTables:
    return read_tables(name, task, data, option="--constrain")
