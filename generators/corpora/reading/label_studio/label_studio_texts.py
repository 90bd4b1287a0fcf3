"""Which of the fields of a task in Label Studio is the text that its spans are of."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.aligning.spellings import is_same_spelling
from nerforge.generators.corpora.aligning.text_units import OffsetUnit, units_of
from nerforge.generators.corpora.reading.raw_rows import RawEntity

_USUAL = "text"
_N_ENTITIES = 20
"""Entities of a task that are looked at."""
_UNITS = (OffsetUnit.CODE_POINTS, OffsetUnit.UTF16)


class TextEvidence(NamedTuple):
    """The texts of a task by their fields, and its entities."""

    texts: Mapping[str, str]
    entities: Sequence[RawEntity]

    def fields(self) -> list[str]:
        """Name the fields that say most of the entities where these are stated; none where none does."""
        entities = [entity for entity in islice(self.entities, _N_ENTITIES) if entity.text]
        n_said = {name: sum(_stands(e, text) for e in entities) for name, text in self.texts.items()}
        most = max(n_said.values(), default=0)
        return [name for name, n in n_said.items() if n == most] if most else []


class TextFields:
    """Finds the text of each task of a file."""

    def __init__(self, wanted: str | None, tasks: Callable[[], Iterator[TextEvidence]]) -> None:
        """Take what is known of the file.

        Args:
            wanted: The field that the user named.
            tasks: Reads all tasks; is asked once, if a task alone does not tell.
        """
        self._wanted = wanted
        self._tasks = tasks
        self._names: tuple[str, ...] = ()

    def choose(self, task: TextEvidence, names: Iterable[str], where: str) -> str:
        """Choose the field of a task's text.

        It is the one in which its entities stand; where they stand in several or in none, the one that its
        results point to, that of the other tasks, or the one that is named text.

        Args:
            task: The task.
            names: What its results point to.
            where: Its place, for errors.

        Raises:
            UserError: it has no text, or nothing tells which one is meant.
        """
        texts = task.texts
        if self._wanted is not None:
            if self._wanted not in texts:
                raise UserError(f"{where}: found {_listed(texts)}; expected a text named {self._wanted}")
            return self._wanted
        if len(texts) == 1:
            return next(iter(texts))
        found = task.fields()
        if len(found) == 1:
            return found[0]
        # A task without spans does not say which of its texts is labelled: that of the tasks before it.
        self._names = tuple(names) or self._names
        candidates = found or list(texts)
        for name in (*(self._names if found else ()), *self._of_file, *self._names, _USUAL):
            if name in candidates:
                return name
        remedy = "; say which it is with --fields text=NAME" if texts else ""
        raise UserError(f"{where}: found {_listed(texts)}; expected one text, or one named text{remedy}")

    @cached_property
    def _of_file(self) -> list[str]:
        votes = Counter(name for task in self._tasks() for name in _voters(task))
        most = votes.most_common(2)
        is_clear = len(most) == 1 or (len(most) > 1 and most[0][1] > most[1][1])
        return [most[0][0]] if is_clear else []


def wanted_text(fields: Mapping[str, str] | None, prefix: str = "") -> str | None:
    """Give the field of the text that the user named.

    Args:
        fields: What ``--fields`` says.
        prefix: What may stand before it: ``data.`` in tasks that have their fields under data.

    Raises:
        UsageError: other fields are named, too, which are always the same in Label Studio.
    """
    if not fields:
        return None
    if others := sorted(fields.keys() - {_USUAL}):
        raise UsageError(
            f"--fields: {', '.join(others)} cannot be named for an export of Label Studio; "
            "pass text=NAME alone, or name another --layout"
        )
    return fields[_USUAL].removeprefix(prefix)


def texts_of(data: Mapping[str, Any], bookkeeping: Iterable[str]) -> dict[str, str]:
    """Give the fields that may be the text; blank ones only where all are."""
    texts = {n: value for n, value in data.items() if isinstance(value, str) and n not in bookkeeping}
    return {name: text for name, text in texts.items() if text.strip()} or texts


def _voters(task: TextEvidence) -> list[str]:
    found = task.fields()
    return found if len(found) == 1 else []


def _stands(entity: RawEntity, text: str) -> bool:
    value = entity.text or ""
    if any(units_of(text).says(value, unit, entity.start) for unit in _UNITS):
        return True
    return 0 <= entity.start < entity.end and is_same_spelling(text[entity.start : entity.end], value)


def _listed(texts: Mapping[str, str]) -> str:
    return f"texts named {', '.join(texts)}" if texts else "no text"
