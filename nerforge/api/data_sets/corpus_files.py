"""The files of a corpus that a user names: those to divide, and published splits or shares of them."""

from pathlib import Path
from typing import NamedTuple

from nerforge.api.data_sets.data_sources import SHARE, Files, SplitSource
from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.input_files import Inputs
from nerforge.generators.corpora.sources import resolve_source


class CorpusFiles(NamedTuple):
    """The files, and the shares that are drawn from them for splits without files."""

    inputs: Inputs
    dev: float
    test: float


def find_files(input: Files, train: Files, dev: SplitSource, test: SplitSource) -> CorpusFiles:
    """Find the files of a corpus; data sets of a hub are downloaded.

    Without a share or files, dev and test are 0.1 each of ``input``, or nothing of ``train``. Where one of
    the two is all rows, the other is nothing.

    Raises:
        UsageError: no file is named, or the arguments contradict each other.
        UserError: a file or data set does not exist.
    """
    divided = _list(input)
    # `--test 1` makes a test set of all rows, and there is nothing left to draw dev from.
    default = SHARE if divided and 1 not in (dev, test) else 0.0
    shares = [_share(given, default) for given in (dev, test)]
    found, training = (
        tuple(resolve_source(str(name)) for name in names) for names in (divided, _list(train))
    )
    inputs = Inputs(found, training, _published("dev", dev), _published("test", test))
    return CorpusFiles(inputs, *shares)


def _share(given: SplitSource, default: float) -> float:
    if isinstance(given, int | float):
        return float(given)
    return 0.0 if _list(given) else default


def _list(files: SplitSource) -> list[str | Path]:
    if files is None or isinstance(files, int | float):
        return []
    return [files] if isinstance(files, str | Path) else list(files)


def _published(split: str, given: SplitSource) -> tuple[Path, ...]:
    try:
        return tuple(resolve_source(str(name)) for name in _list(given))
    except UserError as err:
        raise UserError(f"{err}; --{split} takes a share such as 0.1, or files") from err
