"""Chatette, a generator of training data from templates, on the tables of the power domain.

It runs in an environment of its own, with the twelve base templates, 4,920 dates and the names of
``data/power``. Each place is drawn on its own, so nearly all pairs of a city and a substation do not exist:
tying them takes a variation for each name and is slower. Nor does it complete parents, say a place in other
ways, or write prompts and answers. All of that is less work than ours does.
"""

import csv
import json
import subprocess
import sys
import tempfile
import time
from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

from nerforge.foundation.files.shipped import DATA_DIR

TIME_LIMIT = 300.0
"""Seconds after which a run counts as hanging."""
VERSION = "1.6.3"
# It imports pkg_resources, which later setuptools do not have.
REQUIREMENTS = (f"chatette=={VERSION}", "future==1.0.0", "six==1.17.0", "setuptools==80.10.2")

_LEVELS = ("city", "company", "substation")
_PLACES = (_LEVELS, *((level,) for level in _LEVELS), _LEVELS[:2], _LEVELS[::2])
_YEARS = range(2013, 2026)
_N_PER_INTENT = 5_000
_RUNNER = """
import runpy
runpy.run_module("chatette", run_name="__main__", alter_sys=True)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


class Measured(NamedTuple):
    """What one run took, from the start of its process to its end."""

    rows: int
    seconds: float
    empty_seconds: float
    """Of a run that makes no row: starting and reading the same templates and tables."""
    megabytes: float
    """The peak of its process."""
    version: str


class _Run(NamedTuple):
    seconds: float
    megabytes: float


def main(n_rows: int = 50_000) -> None:
    """Print a line for distinct rows and one for rows that may repeat."""
    for unique in (True, False):
        measured = chatette_rows_per_second(n_rows, unique=unique)
        net = measured.seconds - measured.empty_seconds
        print(
            f"Chatette {measured.version}: {measured.rows} {'distinct' if unique else 'any'} rows in "
            f"{measured.seconds:.2f} s, {measured.rows / measured.seconds:.0f} a second; "
            f"{measured.rows / net:.0f} without the {measured.empty_seconds:.2f} s of an empty run; "
            f"{measured.megabytes:.0f} MB at most"
        )


def chatette_rows_per_second(n_rows: int, seed: int = 0, *, unique: bool) -> Measured:
    """Let Chatette write ``n_rows`` rows as JSON lines, in the way in which it is fastest, and check them.

    Args:
        n_rows: How many rows to make.
        seed: Its seed.
        unique: Whether no two rows may be equal.

    Raises:
        ValueError: it made fewer rows, or an entity is not where it says.
        subprocess.TimeoutExpired: it took longer than ``TIME_LIMIT``.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = _make_environment(folder / "environment")
        # This run compiles its modules, the next need not.
        _run(python, folder / "first", grammar(0, unique=unique), seed)
        empty = _run(python, folder / "empty", grammar(0, unique=unique), seed)
        run = _run(python, folder / "rows", grammar(n_rows, unique=unique), seed)
        texts = list(_read_texts(folder / "rows"))
    n_made = len(set(texts)) if unique else len(texts)
    if n_made != n_rows:
        raise ValueError(f"Chatette made {n_made} rows, asked for {n_rows}")
    return Measured(n_made, run.seconds, empty.seconds, run.megabytes, VERSION)


def grammar(n_rows: int, *, unique: bool) -> str:
    """Write the templates and tables in Chatette's language.

    Chatette inserts each row of an intent into a list sorted by text, which grows with the square of their
    number, so several intents are faster than one. It compares rows within an intent only: intents which
    end in different words, or of which one begins with a date, cannot make the same row.
    """
    units = _read_units()
    indicators, totals = units["indicator"], units["total"]
    if unique:
        endings = [f"@[indicator#{i}]{total}" for i, total in product(range(len(indicators)), totals)]
    else:
        endings = ["@[indicator]~[total]"] * (n_rows // (2 * _N_PER_INTENT) + 1)
    intents = list(product(("", "@[date]"), endings))
    blocks = [
        _block(
            f"%[query{i}]('training': '{n_rows // len(intents) + (i < n_rows % len(intents))}')",
            (start + "".join(f"@[{level}]" for level in place) + end for place in _PLACES),
        )
        for i, (start, end) in enumerate(intents)
    ]
    blocks += [_block(f"@[indicator#{i}]", [word]) for i, word in enumerate(indicators)]
    blocks += [_block(f"@[{slot}]", units[slot]) for slot in ("date", *_LEVELS)]
    return "\n".join([*blocks, _block("~[total]", totals)])


def _block(head: str, rules: Iterable[str]) -> str:
    return "".join([f"{head}\n", *(f"    {rule}\n" for rule in rules)])


def _read_units() -> dict[str, Sequence[str]]:
    power = DATA_DIR / "power"
    with (power / "shandong.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: list(dict.fromkeys(row[name] for row in rows)) for name in _LEVELS}
    words = {name: _read_words(power / f"{name}s.txt") for name in ("indicator", "total")}
    return {"date": list(_dates()), **columns, **words}


def _read_words(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.partition("=")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


def _dates() -> Iterator[str]:
    yield from ("今天", "昨天", "本月", "上月")
    yield from (f"{month}月" for month in range(1, 13))
    for year, month in product(_YEARS, range(1, 13)):
        yield f"{year}年{month}月"
        yield from (f"{year}年{month:02}月{day:02}号" for day in range(1, monthrange(year, month)[1] + 1))


def _make_environment(folder: Path) -> Path:
    uv, python = Path(sys.executable).with_name("uv"), folder / "bin" / "python"
    subprocess.run([uv, "venv", "-q", "--no-project", "--python", sys.executable, folder], check=True)
    subprocess.run([uv, "pip", "install", "-q", "--python", python, *REQUIREMENTS], check=True)
    return python


def _run(python: Path, folder: Path, templates: str, seed: int) -> _Run:
    folder.mkdir()
    source = folder / "master.chatette"
    source.write_text(templates, encoding="utf-8")
    # It opens files in the encoding of the locale.
    command = [str(python), "-I", "-X", "utf8", "-W", "ignore", "-c"]
    command += [_RUNNER, str(source), "--out", str(folder / "out"), "--adapter", "jsonl", "--seed", str(seed)]
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=TIME_LIMIT)
    return _Run(time.perf_counter() - start, int(done.stdout.split()[-1]) / 1024)


def _read_texts(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("out/train/*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            text: str = row["text"]
            for entity in row["entities"]:
                if text[entity["start-index"] : entity["end-index"]] != entity["value"]:
                    raise ValueError(f"Chatette's entity {entity} is not in {text!r}")
            yield text


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
