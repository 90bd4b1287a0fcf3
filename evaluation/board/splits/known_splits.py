"""The splits whose hashes the project states, so that everybody can see that theirs is the same."""

from functools import cache
from pathlib import Path

import msgspec

from nerforge.evaluation.board.splits.split_file import FixedSplit, SplitPart
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.shipped import DATA_DIR

KNOWN_SPLITS_FILE = DATA_DIR / "board" / "splits.json"


class KnownSplit(msgspec.Struct, frozen=True, kw_only=True):
    """A split of a public corpus."""

    task: str
    """As ``generate_corpus`` takes it, and what the split is called."""
    corpus: str
    """Which file it is made of, in words."""
    limit: int | None
    """Rows that are read, the first ones; None for all."""
    rows: int
    """Rows that were read when it was made."""
    parts: dict[str, SplitPart]

    def require(self, found: FixedSplit, source: Path) -> None:
        """Refuse a split that is another one.

        Raises:
            UserError: a part has another hash; the message says what was found and what to do.
        """
        wrong = [name for name, part in self.parts.items() if found.parts.get(name) != part]
        if not wrong:
            return
        name = "test" if "test" in wrong else wrong[0]
        there = found.parts.get(name)
        said = f"{there.rows} rows of SHA-256 {there.sha256[:12]}" if there else "none"
        expected = self.parts[name]
        n_read = found.source.rows - found.source.rows_after_limit
        raise UserError(
            f"{source}: gives another split than the known {self.task}: {name} found {said}, expected "
            f"{expected.rows} rows of {expected.sha256[:12]}; {n_read} rows were read, expected {self.rows}. "
            f"The known split is made of {self.corpus}. Take that file, or make a split of your own: "
            f"nerforge board split corpus --task {self.task}"
        )


@cache
def known_splits() -> dict[str, KnownSplit]:
    """Give the known splits by name."""
    return read_json(KNOWN_SPLITS_FILE, dict[str, KnownSplit])
