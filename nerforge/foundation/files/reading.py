"""Read JSON, JSON Lines and YAML files, with the line of what is wrong in them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.read_errors import read_errors_of
from nerforge.foundation.files.row_faults import RowFaults
from nerforge.foundation.files.spooling import device_fault
from nerforge.foundation.json_values import JsonObject

_BOM = b"\xef\xbb\xbf"
T = TypeVar("T")


def read_jsonl(path: Path, row_type: type[T], faults: RowFaults | None = None) -> Iterator[tuple[int, T]]:
    """Yield ``(line number, row)`` of a JSON Lines file; blank lines are skipped.

    Args:
        path: The file.
        row_type: What a line holds.
        faults: Takes lines that hold something else, which are skipped; None to refuse the first one.

    Raises:
        UserError: the file cannot be opened, or a line is not the JSON of a ``row_type``.
    """
    decoder = msgspec.json.Decoder(row_type)
    with _open(path) as lines:
        for number, line in enumerate(lines, start=1):
            if number == 1:
                # Excel and PowerShell write a byte order mark before the first line.
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
        UserError: the file cannot be opened, or lines are not the JSON of a ``row_type``, all in one message.
    """
    faults = RowFaults(path)
    for row in read_jsonl(path, row_type, faults):
        if not faults:
            yield row
    faults.check()


def _line_fault(err: Exception, line: bytes) -> str:
    # JSON of another type: the message of msgspec names the key, as in "Expected `str`, got `int` - at
    # `$.id`".
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


def read_yaml(path: Path) -> JsonObject:
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


@contextmanager
def _open(path: Path) -> Iterator[Any]:
    with read_errors_of(path):
        file = path.open("rb")
    with file:
        if fault := device_fault(file):
            raise UserError(f"{path}: {fault}; give a file or a pipe")
        yield file


def _excerpt(line: bytes) -> str:
    return repr(line.strip()[:60].decode("utf-8", "replace"))
