"""Where a data set is written: a folder of its own, or a name in a data directory of LLaMA-Factory."""

from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UsageError
from nerforge.generators.datasets.data_directory import add_set, check_place
from nerforge.generators.datasets.dataset import check_out


class DataPlace(NamedTuple):
    """A folder for a data set."""

    folder: Path
    entry: str | None
    """The name of the set in the data directory that holds the folder; None for a set by itself."""

    def check_free(self, *, overwrite: bool) -> None:
        """Find out before long work whether a data set may be written.

        Raises:
            UserError: the folder or the name is taken, or the directory's ``dataset_info.json`` is broken.
        """
        check_out(self.folder, overwrite=overwrite)
        if self.entry is not None:
            check_place(self.folder.parent, self.entry, overwrite=overwrite)

    def enter(self, *, overwrite: bool) -> tuple[str, ...]:
        """Enter what was written into the data directory, and give the names of its entries; none without.

        Raises:
            UserError: the directory's ``dataset_info.json`` cannot be read or written.
        """
        if self.entry is None:
            return ()
        return tuple(add_set(self.folder.parent, self.entry, overwrite=overwrite))


def find_place(out: str | Path | None, into: str | Path | None = None, name: str | None = None) -> DataPlace:
    """Find the folder of a data set.

    Raises:
        UsageError: neither ``out`` is given nor ``into`` with ``name``, or both are.
    """
    if out is not None and into is None and name is None:
        return DataPlace(Path(out), None)
    if out is None and into is not None and name is not None:
        # DIR/ner_power holds the set, and DIR/dataset_info.json names it ner_power, ner_power_dev, ...
        return DataPlace(Path(into) / name, name)
    raise UsageError("give --out DIR, or --into DIR with --name NAME")
