"""Write files and folders whole or not at all."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from nerforge.foundation.errors import UserError
from nerforge.foundation.printing import encodable

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
"""Of a device that is full, or fails: what was written so far is of no use."""


def to_json(value: Any) -> bytes:
    """Write a value as indented UTF-8 JSON with a final newline."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:
        # Half a surrogate pair, as Python has it in names of files that are not UTF-8, is no character.
        return to_json(_encodable(value))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {_encodable(name): _encodable(inner) for name, inner in value.items()}
    return [_encodable(inner) for inner in value] if isinstance(value, list | tuple) else value


def to_yaml(values: Mapping[str, Any]) -> str:
    """Write keys and values as YAML, in their order."""
    return yaml.safe_dump(dict(values), sort_keys=False, allow_unicode=True, width=1000)


def write_whole(path: Path, blocks: Iterable[bytes] | bytes) -> None:
    """Write a file by way of a temporary one beside it, so that it is there whole or not at all.

    Raises:
        OSError: it cannot be written; the error names it, and says what was kept.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # In the same folder: a rename is atomic only within a file system.
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as err:
        raise OSError(err.errno, err.strerror, str(path)) from err
    try:
        with os.fdopen(handle, "wb") as file:
            for block in (blocks,) if isinstance(blocks, bytes) else blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files for their owner alone.
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException as err:
        os.unlink(temporary)
        if isinstance(err, OSError) and err.errno in _NO_ROOM:
            raise no_room(err, path) from err
        raise


def no_room(err: OSError, path: Path) -> OSError:
    """Make of an error of a device one that names what was to be written, and says what is there of it."""
    kept = "what was there before is kept" if path.exists() else "nothing of it was written"
    return OSError(err.errno, f"{err.strerror}; {kept}", str(path))


@contextmanager
def whole_folder(
    out: Path, *, markers: Collection[str], contents: Collection[str] = (), overwrite: bool = False
) -> Iterator[Path]:
    """Give a temporary folder that becomes ``out`` when the block ends without an error.

    Args:
        out: The folder to make. It must be absent or empty, or, with ``overwrite``, one of this kind.
        markers: The files that every folder of this kind holds.
        contents: What it may hold besides; a folder with anything else is not replaced.
        overwrite: Whether to replace a folder of this kind.

    Raises:
        UserError: ``out`` holds something that may not be replaced, or cannot be made.
        OSError: it cannot be written; the error names it where the device is full.
    """
    out = out.resolve()
    refuse_unless_free(out, markers, contents, overwrite)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    except OSError as err:
        raise UserError(f"{out}: cannot be made: {err.strerror}; choose another --out") from err
    try:
        os.chmod(temporary, 0o777 & ~_umask())
        yield temporary
        _swap_in(temporary, out, overwrite)
    except BaseException as err:
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(err, OSError) and err.errno in _NO_ROOM:
            raise no_room(err, out) from err
        raise


def _swap_in(new: Path, out: Path, overwrite: bool) -> None:
    """Put a folder in the place of another, which is deleted only once the new one stands there."""
    if not overwrite or not out.exists():
        try:
            os.replace(new, out)
        except OSError as err:
            if err.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            raise UserError(f"{out}: was filled by something else meanwhile; choose another --out") from err
        return
    old = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}.old."))
    os.replace(out, old)
    try:
        os.replace(new, out)
    except BaseException:
        os.replace(old, out)
        raise
    shutil.rmtree(old)


def refuse_unless_free(
    out: Path, markers: Collection[str], contents: Collection[str], overwrite: bool
) -> None:
    """Refuse a folder that may not be made or replaced; for the arguments see ``whole_folder``.

    Raises:
        UserError: it may not.
    """
    if Path.cwd().is_relative_to(out):
        raise UserError(f"{out}: is the current folder or holds it; choose another --out")
    if not out.exists():
        return
    if not out.is_dir():
        raise UserError(f"{out}: is a file; choose a folder as --out")
    found = {path.name for path in out.iterdir()}
    if not found:
        return
    missing = [name for name in markers if name not in found]
    if missing:
        raise UserError(f"{out}: is not empty and holds no {missing[0]}; choose another --out")
    if not overwrite:
        raise UserError(
            f"{out}: already holds a data set; choose another --out, or pass --overwrite to replace it"
        )
    if strangers := sorted(found.difference(markers, contents)):
        raise UserError(f"{out}: also holds {strangers[0]}, which --overwrite would delete; move it away")


def _umask() -> int:
    # The mask can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
