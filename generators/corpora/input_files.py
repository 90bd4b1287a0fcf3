"""Which files a corpus is read from: those that are divided into splits, and published splits."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.errors import UsageError
from nerforge.foundation.printing import encodable

_OPTIONS = {"divided": "--input", "train": "--train", "dev": "--dev", "test": "--test"}


class InputFile(NamedTuple):
    """A file or folder of a corpus, and what it is for."""

    path: Path
    name: str
    """Tells it from the others in messages and in the manifest."""
    split: str | None = None
    """The split that it is, one of ``PARTS``; None for one that is divided."""
    tag: str = ""
    """Keeps the ids of its samples apart from those of other files."""

    @property
    def is_drawn_from(self) -> bool:
        """Whether rows may be drawn from it for splits that have no file."""
        return self.split in (None, "train")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The files of a corpus, in the order in which they are read."""

    divided: tuple[Path, ...] = ()
    """Are divided into splits."""
    train: tuple[Path, ...] = ()
    """Training rows, from which shares of dev and test are drawn where those are asked for."""
    dev: tuple[Path, ...] = ()
    test: tuple[Path, ...] = ()
    is_unfolded: bool = False
    """Whether the files are those of one folder, whose splits are kept."""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if not self._named():
            raise UsageError("no corpus; give --input FILE, or published splits: --train, --dev, --test FILE")
        if self.divided and self.train:
            raise UsageError(
                "--input and --train: give one of them; the rows of --input are divided into splits, "
                "those of --train are for training"
            )
        given: dict[Path, str] = {}
        for option, path in self._named():
            place = path.absolute()
            if place in given:
                both = option if given[place] == option else f"{given[place]} and {option}"
                raise UsageError(f"{path}: is given twice, with {both}; give each file once")
            given[place] = option

    @property
    def is_single(self) -> bool:
        """Whether it is one file that is divided."""
        return len(self._named()) == 1 and len(self.divided) == 1

    @property
    def is_published(self) -> bool:
        """Whether files say which split they are."""
        return bool(self.train or self.dev or self.test)

    @property
    def has_rows_to_draw(self) -> bool:
        """Whether there are files that shares can be drawn from."""
        return bool(self.divided or self.train)

    def files(self) -> list[InputFile]:
        """List the files: those that are divided or train first, then dev and test."""
        names = tell_apart([path for _, path in self._named()])
        kinds = ((None, self.divided), ("train", self.train), ("dev", self.dev), ("test", self.test))
        numbered = (
            (path, split, _tag(split, number))
            for split, paths in kinds
            for number, path in enumerate(paths, start=1)
        )
        return [
            InputFile(path, name, split, tag)
            for (path, split, tag), name in zip(numbered, names, strict=True)
        ]

    def _named(self) -> list[tuple[str, Path]]:
        return [(option, path) for kind, option in _OPTIONS.items() for path in getattr(self, kind)]


def as_inputs(source: Path | Inputs) -> Inputs:
    """Take one path for a file that is divided."""
    return source if isinstance(source, Inputs) else Inputs((source,))


def tell_apart(paths: Sequence[Path]) -> list[str]:
    """Name files by as few of their last folders as tell them apart."""
    # Of a/x.jsonl and b/x.jsonl the last name is the same, so both get one folder more: a/x.jsonl, b/x.jsonl.
    # Hubs keep files behind links whose targets have no telling names.
    places = [tuple(map(encodable, path.absolute().parts)) for path in paths]
    depth = [1] * len(paths)
    while True:
        names = ["/".join(place[-n:]) for place, n in zip(places, depth, strict=True)]
        counts = Counter(names)
        unclear = [n for n, name in enumerate(names) if counts[name] > 1 and depth[n] < len(places[n])]
        if not unclear:
            return names
        for n in unclear:
            depth[n] += 1


def _tag(split: str | None, number: int) -> str:
    """Tag the ids of a file by its split and its number among the files of that; the first of a corpus none.

    So ids stay what they are when another file is added behind.
    """
    # --input a b --dev c d: no tag, 2, dev, dev2. Ids of the first file are those it has alone.
    drawn_from = split in (None, "train")
    name = "" if drawn_from else str(split)
    return f"{name}{number if number > 1 else ''}"
