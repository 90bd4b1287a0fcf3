"""The layouts of corpus files that can be read, a module each."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import cast

from nerforge.foundation.errors import UsageError, UserError, unknown_name
from nerforge.generators.corpora.reading.raw_rows import CorpusLayout, FileHead

LAYOUTS: Mapping[str, str] = MappingProxyType(
    {
        "span_jsonl": "the JSONL of the published CCFBDCI and CMeEE files",
        "cluener": "the JSONL of CLUENER",
        "conll": "a token and its tag a line, in BIO, BMES, BIOES or BILOU",
        "doccano": "the JSONL that doccano exports",
        "label_studio": "the JSON or JSON-MIN that Label Studio exports",
        "gold": "the gold files of `nerforge generate`",
        "pairs": "JSON Lines or an array of queries and tagged answers",
        "pair_table": "CSV or TSV of queries and tagged answers",
        "conversations": "ShareGPT or messages in which an assistant tags",
        "alpaca": "alpaca rows with tagged answers, or a LLaMA-Factory data directory",
        "datasets_folder": "a folder that the datasets library saved, or Parquet files",
    }
)
"""What there is, and what it is; in the order in which layouts are tried."""
PAIR_LAYOUTS = ("pairs", "pair_table", "conversations", "alpaca")
"""Those that hold tagged answers in place of entities; they write only rows that have such answers."""
_HEAD = 1 << 16
_BOM = b"\xef\xbb\xbf"


def load_layout(name: str) -> CorpusLayout:
    """Find a layout by name.

    Raises:
        UsageError: there is no such layout.
    """
    if name not in LAYOUTS:
        raise unknown_name("layout", name, LAYOUTS)
    return cast(CorpusLayout, import_module(f"{__name__}.{name}"))


def recognise(path: Path) -> str:
    """Name the layout of a file.

    Raises:
        UserError: the file cannot be read.
        UsageError: no layout looks like it, or several do.
    """
    head = read_head(path)
    if not path.is_dir() and not head.start.strip():
        raise UserError(f"{path}: is empty")
    found = [name for name in LAYOUTS if load_layout(name).recognises(head)]
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
