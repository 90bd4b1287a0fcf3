"""Hashes of files and folders."""

import os
from hashlib import sha256
from pathlib import Path

import msgspec


class HashedFile(msgspec.Struct, frozen=True):
    """A file by its name and the SHA-256 of its bytes."""

    name: str
    sha256: str


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
    # Names count too: two files that swapped their names are another folder.
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        name = os.fsencode(file.relative_to(path).as_posix())
        digest.update(b"%b %b\n" % (name, file_sha256(file).encode()))
    return digest.hexdigest()
