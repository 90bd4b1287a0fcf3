"""The layouts of corpus files that can be read, a module each."""

from pathlib import Path

from nerforge.foundation.entry_points import Registry, records_of
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead

LAYOUTS: Registry[CorpusLayout] = Registry(
    "layout", "nerforge.layouts", records_of(__name__, __path__, "LAYOUT"), ("title", "recognises", "read")
)
"""The layouts by name: the modules of this folder, and those of other packages."""
_HEAD = 1 << 16
_BOM = b"\xef\xbb\xbf"


def load_layout(name: str) -> CorpusLayout:
    """Find a layout by name.

    Raises:
        UsageError: there is no such layout.
        UserError: it is another package's and cannot be used.
    """
    return LAYOUTS.find(name)


def recognise(path: Path) -> str:
    """Name the layout of a file.

    Raises:
        UserError: the file cannot be read.
        UsageError: no layout looks like it, or several do.
    """
    head = read_head(path)
    if not path.is_dir() and not head.start.strip():
        raise UserError(f"{path}: is empty")
    found = [name for name, layout in LAYOUTS.items() if layout.recognises(head)]
    if len(found) != 1:
        which = f"could be {' or '.join(found)}" if found else f"looks like none of {', '.join(LAYOUTS)}"
        raise UsageError(f"{path}: {which}; say which it is with --layout")
    return found[0]


def read_head(path: Path) -> FileHead:
    """Read what layouts are recognised by.

    Raises:
        UserError: the file cannot be read.
    """
    try:
        if path.is_dir():
            return FileHead(path, b"")
        with path.open("rb") as file:
            return FileHead(path, file.read(_HEAD).removeprefix(_BOM))
    except FileNotFoundError as err:
        raise UserError(f"{path}: no such file") from err
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror}") from err
