"""The layouts to which annotated files can be converted, also by the names that people have for them."""

from typing import NamedTuple

from nerforge.foundation.errors import unknown_name
from nerforge.generators.corpora.layouts import LAYOUTS, load_layout
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout

ALIASES = {"spans": "span_rows", "spacy": "spacy_docbin", "parquet": "datasets_folder"}


class TargetLayout(NamedTuple):
    """A layout to write."""

    name: str
    layout: CorpusLayout

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of files."""
        return self.layout.write is None

    @property
    def suffix(self) -> str:
        """The ending of its files."""
        return "" if self.is_folder else self.layout.suffix


def list_targets() -> dict[str, str]:
    """Give the titles of all layouts that can be written, by name.

    Raises:
        UserError: a layout of another package cannot be used.
    """
    return {name: layout.title for name, layout in LAYOUTS.items() if _is_written(layout)}


def find_target(name: str) -> TargetLayout:
    """Find a layout to write by its name or another one of it.

    Raises:
        UsageError: there is no such layout, or nothing writes it.
        UserError: it is another package's and cannot be used.
    """
    name = ALIASES.get(name, name)
    if name not in LAYOUTS or not _is_written(load_layout(name)):
        raise unknown_name("layout to write", name, {*list_targets(), *other_names().values()})
    return TargetLayout(name, load_layout(name))


def other_names() -> dict[str, str]:
    """Give the other names of layouts, by their own."""
    return {name: other for other, name in ALIASES.items() if name in LAYOUTS}


def _is_written(layout: CorpusLayout) -> bool:
    # Layouts of answers are written by `generate`, with the prompt of a task.
    return bool(layout.write or layout.write_files) and not layout.holds_answers
