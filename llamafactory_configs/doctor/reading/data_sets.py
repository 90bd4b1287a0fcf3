"""The data sets of a folder as LLaMA-Factory sees them: entries of its info file, their columns and rows."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.json_values import JsonObject
from nerforge.generators.datasets.data_entries import HELD_OUT, find_held_out, find_training, split_of
from nerforge.generators.datasets.dataset import ALPACA_NAMES
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow

TEXT_COLUMNS = {"prompt": "instruction", "query": "input", "response": "output", "system": "system"}
"""What alpaca rows usually call the columns that hold text."""
OTHER_COLUMNS = {
    "history": "history",
    "tools": "tools",
    "images": "images",
    "videos": "videos",
    "audios": "audios",
}
USUAL_COLUMNS = TEXT_COLUMNS | OTHER_COLUMNS
_UNLISTED = {"prompt": "instruction", "query": "input", "response": "output"}
"""What LLaMA-Factory reads where an entry has no ``columns``."""
_UNLISTED_TURNS = {"messages": "conversations"}
"""The same of an entry whose rows hold turns."""


class TrainingSets(NamedTuple):
    """What a training takes of a folder."""

    train: tuple[str, ...] = ()
    evaluation: tuple[str, ...] = ()
    max_samples: int | None = None
    stage: str = "sft"
    is_grouped: bool = False
    """Whether batches hold rows of like length."""


@dataclass(slots=True)
class DataSet:
    """An entry of ``dataset_info.json`` with its rows."""

    name: str
    path: Path
    columns: dict[str, str]
    """By LLaMA-Factory's name, what rows call the columns that it reads, or would if they were listed."""
    rows: list[DataRow] = field(default_factory=list)
    is_wanted_for_training: bool = False
    home: Path | None = None
    """The folder of the data set of ours that the file belongs to, where that is another one."""
    max_samples: int | None = None
    is_grouped: bool = False
    """Whether the training sorts these rows by length."""
    unlisted: dict[str, str] = field(default_factory=dict)
    """Of the columns of the entry, those that rows use and it does not list."""
    n_dropped: int = 0
    """Rows of turns that LLaMA-Factory drops or fails at, which are not among the rows."""
    pieces: frozenset[int] = frozenset()
    """Lines of rows that ask about a piece of a longer text."""
    sentences: dict[int, str] = field(default_factory=dict)
    """By line, the gold text that the row's user turn holds, where no column is for it."""

    @property
    def role(self) -> str:
        """What the file is called in the folder of its own data set."""
        return self.name if self.home is None else self.path.stem

    def text(self, row: DataRow, column: str) -> str:
        """Give a column's text; an empty one where there is none."""
        value = row.values.get(self.columns.get(column, ""))
        return value if isinstance(value, str) else ""

    def prompt(self, row: DataRow) -> str:
        """Give the user turn as LLaMA-Factory puts it together."""
        return "\n".join(filter(None, (self.text(row, "prompt"), self.text(row, "query"))))

    def sentence(self, row: DataRow) -> str:
        """Give what a row asks about: the column for it, or what gold says; empty where neither is there."""
        return self.text(row, "query") or self.sentences.get(row.line, "")

    def full_prompt(self, row: DataRow) -> tuple[str, str]:
        """Give all that an answer is to depend on: the system turn and the user turn."""
        return self.text(row, "system"), self.prompt(row)

    def used(self) -> list[DataRow]:
        """Give the rows that a training takes."""
        return self.rows if self.max_samples is None else self.rows[: self.max_samples]


@dataclass(slots=True)
class DatasetDirectory:
    """A dataset directory."""

    path: Path
    wanted: TrainingSets
    sets: dict[str, DataSet] = field(default_factory=dict)

    @property
    def training(self) -> list[DataSet]:
        """The data sets that train."""
        return [x for x in self.sets.values() if x.is_wanted_for_training]

    @property
    def held_out(self) -> list[DataSet]:
        """The data sets that measure, and that training must not know."""
        names = (*self.wanted.evaluation, ALPACA_NAMES["dev"], ALPACA_NAMES["test"])
        return [
            found
            for name, found in self.sets.items()
            if (name in names or split_of(name) in HELD_OUT) and not found.is_wanted_for_training
        ]

    def of_split(self, split: str) -> DataSet | None:
        """Give the data set that is a split: ours, or the one that its name says it of."""
        name = find_training(self.sets) if split == "train" else find_held_out(self.sets, split)
        return self.sets[name] if name else None

    def parts(self) -> "list[DatasetDirectory]":
        """Divide it into the data sets of ours that lie in folders of their own, and what is left."""
        parts = {self.path: DatasetDirectory(self.path, self.wanted)}
        for found in self.sets.values():
            home = found.home or self.path
            parts.setdefault(home, DatasetDirectory(home, self.wanted)).sets[found.role] = found
        return list(parts.values())


def columns_of(entry: JsonObject) -> dict[str, str]:
    """Give the columns that LLaMA-Factory reads of an entry: those listed, or its own where none are."""
    has_turns = entry.get("formatting", "alpaca") in ("sharegpt", "openai")
    listed = entry.get("columns", _UNLISTED_TURNS if has_turns else _UNLISTED)
    if not isinstance(listed, dict):
        return {}
    return {key: name for key, name in listed.items() if isinstance(name, str) and name}
