"""The user's cache: results that take long to compute, by the hash of what they follow from.

A cache saves time and nothing else: an entry that is missing, damaged or cannot be written is computed again.
Entries hold a checksum and are read as data; nothing in them is ever run.
"""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from nerforge.foundation.files.writing import write_whole

SWITCH = "NERFORGE_CACHE"
"""The environment variable that names another folder, or is ``off``."""
_DIGEST_BYTES = sha256().digest_size
_ABANDONED_SECONDS = 3_600
"""Age from which on a temporary file is one that its writer left behind."""


def cache_folder() -> Path | None:
    """Find the folder of the user's cache; None where it is switched off."""
    chosen = os.environ.get(SWITCH, "")
    if chosen.lower() == "off":
        return None
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    # Without a home folder "~" stays as it is.
    home = Path(base) if base else Path(os.path.expanduser("~")) / ".cache"
    return home / "nerforge" if home.is_absolute() else None


class Cache:
    """Entries of one kind, of which the ones used last are kept."""

    def __init__(self, kind: str, max_bytes: int) -> None:
        """Choose a folder of the cache and the size above which its oldest entries are removed."""
        folder = cache_folder()
        self._folder = folder / kind if folder else None
        self._max_bytes = max_bytes

    def read(self, key: str) -> bytes | None:
        """Read an entry; None for one that is missing, damaged or unreadable."""
        if self._folder is None:
            return None
        path = self._folder / key
        try:
            stored = path.read_bytes()
        except OSError:
            return None
        content = stored[_DIGEST_BYTES:]
        if sha256(content).digest() != stored[:_DIGEST_BYTES]:
            return None
        # The oldest entries are removed first: this one is used now.
        with suppress(OSError):
            os.utime(path)
        return content

    def write(self, key: str, content: bytes) -> None:
        """Store an entry, unless it is too large or the folder cannot be written."""
        if self._folder is None or len(content) + _DIGEST_BYTES > self._max_bytes:
            return
        with suppress(OSError):
            write_whole(self._folder / key, (sha256(content).digest(), content))
            self._remove_oldest()

    def _remove_oldest(self) -> None:
        assert self._folder
        room = self._max_bytes
        for path, size, modified in sorted(self._files(self._folder), key=lambda file: -file[2]):
            room -= size
            is_temporary = path.name.startswith(".")
            if room < 0 or (is_temporary and time.time() - modified > _ABANDONED_SECONDS):
                path.unlink(missing_ok=True)

    def _files(self, folder: Path) -> Iterator[tuple[Path, int, float]]:
        for path in folder.iterdir():
            # Another process may remove it meanwhile.
            with suppress(FileNotFoundError):
                status = path.stat()
                yield path, status.st_size, status.st_mtime
