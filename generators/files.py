"""Read and write the project's files: line-numbered errors on the way in, whole files on the way out."""

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from generators.row_faults import RowFaults
from generators.spooling import device_fault
from templates.errors import UserError

DATA_DIR = Path(__file__).resolve().parent.parent / "data"
"""The embedded data: small corpora, the gazetteer, slot tables, the tiny base model."""

_BOM = b"\xef\xbb\xbf"
T = TypeVar("T")


def read_jsonl(path: Path, row_type: type[T], faults: RowFaults | None = None) -> Iterator[tuple[int, T]]:
    """Yield ``(line number, row)`` of a JSON Lines file; blank lines are passed over.

    Args:
        path: The file.
        row_type: What a line holds.
        faults: Takes lines that hold something else, which are passed over; None to refuse the first one.

    Raises:
        UserError: the file cannot be opened, or a line is not the JSON of a ``row_type``.
    """
    decoder = msgspec.json.Decoder(row_type)
    with _open(path) as lines:
        for number, line in enumerate(lines, start=1):
            if number == 1:
                line = line.removeprefix(_BOM)
            if not line.strip():
                continue
            try:
                row = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
                if faults is None:
                    raise UserError(f"{path}:{number}: {_line_fault(err, line)}") from err
                faults.add(number, _line_fault(err, line))
                continue
            yield number, row


def read_all_jsonl(path: Path, row_type: type[T]) -> Iterator[tuple[int, T]]:
    """Yield as ``read_jsonl`` does; once a line is at fault, only look for the faults of the others.

    Raises:
        UserError: the file cannot be opened, or lines are not the JSON of a ``row_type``, all told at once.
    """
    faults = RowFaults(path)
    for row in read_jsonl(path, row_type, faults):
        if not faults:
            yield row
    faults.check()


def _line_fault(err: Exception, line: bytes) -> str:
    if isinstance(err, msgspec.ValidationError):
        return f"{err}; found {_excerpt(line)}"
    if isinstance(err, UnicodeDecodeError):
        return (
            f"not UTF-8 ({err.reason} at byte {err.start}); "
            f"convert the file, for example: iconv -f GB18030 -t UTF-8"
        )
    return f"not JSON in UTF-8 ({err}); expected one object a line, found {_excerpt(line)}"


def read_json(path: Path, value_type: type[T]) -> T:
    """Read one JSON value of a type.

    Raises:
        UserError: the file cannot be opened or does not hold such a value.
    """
    with _open(path) as file:
        content = file.read().removeprefix(_BOM)
    try:
        return msgspec.json.decode(content, type=value_type)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise UserError(f"{path}: {err}") from err


class YamlLoader(yaml.SafeLoader):
    """The safe loader, which also reads ``1e-4`` as a number, as LLaMA-Factory's own loader does."""


YamlLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:\d[\d_]*)(?:\.\d*)?[eE][-+]?\d+$"),
    list("-+0123456789"),
)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        UserError: it cannot be read, or holds something else.
    """
    try:
        with _open(path) as file:
            content = yaml.load(file.read().decode(), Loader=YamlLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as err:
        raise UserError(f"{path}: not YAML: {' '.join(str(err).split())}") from err
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected a mapping of keys to values, found {type(content).__name__}")
    return content


def file_sha256(path: Path) -> str:
    """Hash a file's bytes, hexadecimal."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def path_sha256(path: Path) -> str:
    """Hash a file's bytes, or the names and bytes of all files of a folder, hexadecimal."""
    if not path.is_dir():
        return file_sha256(path)
    digest = sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()} {file_sha256(file)}\n".encode())
    return digest.hexdigest()


def to_json(value: Any) -> bytes:
    """Write a value as indented UTF-8 JSON with a final newline."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"


def write_whole(path: Path, blocks: Iterable[bytes] | bytes) -> None:
    """Write a file by way of a temporary one beside it, so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            for block in (blocks,) if isinstance(blocks, bytes) else blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


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
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
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
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    try:
        file = path.open("rb")
    except FileNotFoundError as err:
        raise UserError(f"{path}: no such file") from err
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror}") from err
    with file:
        if fault := device_fault(file):
            raise UserError(f"{path}: {fault}; give a file or a pipe")
        yield file


def _excerpt(line: bytes) -> str:
    return repr(line.strip()[:60].decode("utf-8", "replace"))
