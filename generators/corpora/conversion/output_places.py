"""Where a conversion writes: one file, a file for each split, or a folder; whole or not at all."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import whole_folder, write_whole
from nerforge.generators.corpora.conversion.target_layouts import TargetLayout
from nerforge.generators.corpora.reading.raw_rows import WrittenFile

_NAME = re.compile(r"\w[\w. -]*")
_NO_SPLIT = "no_split"


def check_place(source: Path, out: Path, *, overwrite: bool) -> None:
    """Find out before long work whether ``out`` may be written.

    Raises:
        UserError: it is there already, or it is or holds the source.
    """
    if source.resolve().is_relative_to(out.resolve()):
        raise UserError(f"{out}: is or holds what is read; choose another OUT")
    is_taken = any(out.iterdir()) if out.is_dir() else out.exists()
    if is_taken and not overwrite:
        raise UserError(f"{out}: exists; choose another OUT, or pass --overwrite to replace it")


def write_file(out: Path, blocks: Iterable[bytes]) -> None:
    """Write a file.

    Raises:
        UserError: it cannot be written.
    """
    if out.is_dir():
        raise UserError(f"{out}: is a folder; name a file as OUT")
    try:
        write_whole(out, blocks)
    except OSError as err:
        raise UserError(f"{out}: cannot be written: {err.strerror}; choose another OUT") from err


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes ``out`` when the block ends without an error.

    Raises:
        UserError: ``out`` holds what would be deleted, or cannot be written.
    """
    there = [path.name for path in out.iterdir()] if out.is_dir() else []
    try:
        with whole_folder(out, markers=(), contents=there, overwrite=True) as folder:
            yield folder
            written = {path.name for path in folder.iterdir()}
            if strangers := sorted(set(there) - written):
                raise UserError(
                    f"{out}: also holds {strangers[0]}, which --overwrite would delete; move it away"
                )
    except OSError as err:
        raise UserError(f"{out}: cannot be written: {err.strerror}; choose another OUT") from err


def write_folder(folder: Path, files: Iterable[WrittenFile]) -> None:
    """Write the files of a layout that is a folder.

    Raises:
        UserError: a name leads out of the folder.
    """
    for name, content in files:
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise UserError(f"{name!r}: leads out of the folder; give the row another id")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def place_of_split(target: TargetLayout, part: str | None) -> str:
    """Name the file, or the folder, of a split.

    Raises:
        UserError: the split's name is none of a file.
    """
    name = _NO_SPLIT if part is None else part
    if not _NAME.fullmatch(name):
        raise UserError(f"a row says that its split is {part!r:.60}; name one of the splits with --split")
    return name + target.suffix
