"""What goes wrong when a file is opened or read, as an error of the user's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nerforge.foundation.errors import UserError


@contextmanager
def read_errors_of(path: Path) -> Iterator[None]:
    """Name a file in the errors of the system that its reading raises.

    Raises:
        UserError: it is not there, or cannot be read.
    """
    try:
        yield
    except FileNotFoundError as err:
        raise UserError(f"{path}: no such file") from err
    except OSError as err:
        raise UserError(f"{path}: cannot be read: {err.strerror}") from err
