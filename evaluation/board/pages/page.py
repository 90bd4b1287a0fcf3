"""The page of a board, in Markdown, byte for byte the same from the same files."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from nerforge.evaluation.board.pages.page_words import LANGUAGE_PAGES, PageWords
from nerforge.evaluation.board.pages.pairings import PairedRows, compare_rows
from nerforge.evaluation.board.row_kinds import BASELINES
from nerforge.evaluation.board.stored_rows import BoardRow, PartFigures, read_rows
from nerforge.evaluation.metrics.score_figures import Figures
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import write_whole

MARK = "<!-- board -->"
"""What stands above it on a page is written by hand and kept."""
_MODEL_KEYS = (
    *("learning_rate", "num_train_epochs", "lora_rank", "lora_alpha", "per_device_train_batch_size"),
    *("gradient_accumulation_steps", "train_sampling_strategy", "bf16"),
)
_OUTCOMES = ("clean", "repaired", "salvaged", "empty", "unparsable", "missing")


class PartTable(NamedTuple):
    """The rows that answer a part of a set, best first."""

    board: str
    part: str
    rows: list[BoardRow]
    pairs: list[PairedRows]


def write_pages(board: Path, out: Path) -> list[Path]:
    """Write the page of a board in each language.

    Raises:
        UserError: the board has no rows, or they cannot be read.
    """
    found = dict(read_rows(board))
    if not found:
        raise UserError(f"{board}: holds no rows; add some: nerforge board add PREDICTIONS --data DATA")
    links = {(row.board, row.name): os.path.relpath(path, out) for path, row in found.items()}
    tables = list(part_tables(found.values()))
    paths = []
    for words in LANGUAGE_PAGES:
        path = out / words.file
        lines = [*_head(path, words), MARK, *_generated(tables, links, words)]
        write_whole(path, "\n".join(lines).encode() + b"\n")
        paths.append(path)
    return paths


def part_tables(rows: Iterable[BoardRow]) -> Iterator[PartTable]:
    """Give the tables of a board: by set, the parts as their files state them, the best row first."""
    by_part: dict[tuple[str, int, str], list[BoardRow]] = {}
    for row in rows:
        for name, figures in row.parts.items():
            by_part.setdefault((row.board, figures.n_samples, name), []).append(row)
    for (board, _, part), held in sorted(by_part.items(), key=lambda item: item[0]):
        best = sorted(held, key=lambda row: (-_strict(row.parts[part]).f1, row.name))
        yield PartTable(board, part, best, compare_rows(best, part))


def _head(path: Path, words: PageWords) -> list[str]:
    """Give what a page has above the mark; its title where there is no page."""
    if not path.is_file():
        return [words.title, ""]
    text = path.read_text(encoding="utf-8")
    if MARK not in text.splitlines():
        raise UserError(f"{path}: has no line {MARK}; add it where the tables are to begin")
    return text.splitlines()[: text.splitlines().index(MARK)]


def _generated(
    tables: Sequence[PartTable], links: Mapping[tuple[str, str], str], words: PageWords
) -> Iterator[str]:
    for table in tables:
        link = {row.name: f"[{row.name}]({links[row.board, row.name]})" for row in table.rows}
        n_gold = _strict(table.rows[0].parts[table.part]).n_gold
        n = table.rows[0].parts[table.part].n_samples
        yield ""
        yield words.part.format(board=table.board, part=table.part, n=n, n_gold=n_gold)
        yield from _section(
            words.of_scores, words.scores, (_scores(row, table.part, link, words) for row in table.rows)
        )
        if table.pairs:
            yield from _section(words.of_pairs, words.pairs, (_pair(pair, link) for pair in table.pairs))
        yield from _section(
            words.of_reading, words.reading, (_reading(row, table.part, link) for row in table.rows)
        )
        yield from _baselines(table.rows, words)
        if models := [row for row in table.rows if row.run.kind not in BASELINES]:
            made = (_settings(row, link) for row in models)
            yield from _section(words.of_settings, words.settings, made, "---")


def _baselines(rows: Iterable[BoardRow], words: PageWords) -> Iterator[str]:
    """Say once what the baselines of a table were measured on."""
    runs = (row.run for row in rows if row.run.kind in BASELINES)
    said = {"; ".join(filter(None, (run.machine, run.note))) for run in runs}
    for line in sorted(filter(None, said)):
        yield from ("", words.of_baselines.format(said=line))


def _section(
    about: str, columns: Sequence[str], rows: Iterable[Sequence[str]], place: str = "---:"
) -> Iterator[str]:
    yield from ("", about, "", _line(columns), _line(["---", *[place] * (len(columns) - 1)]))
    yield from map(_line, rows)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _strict(part: PartFigures) -> Figures:
    return part.criteria["strict"]


def _scores(row: BoardRow, part: str, link: Mapping[str, str], words: PageWords) -> list[str]:
    criteria = row.parts[part].criteria
    strict = criteria["strict"]
    rows = words.rows.format(n=row.run.training.rows) if row.run.training else ""
    figures = [_f1(criteria.get(name)) for name in ("exact", "partial", "type", "text", "text_set")]
    return [link[row.name], rows, _f1(strict), _percent(strict.precision), _percent(strict.recall), *figures]


def _f1(figures: Figures | None) -> str:
    if figures is None:
        return ""
    if figures.f1_low is None or figures.f1_high is None:
        return _percent(figures.f1)
    return f"{_percent(figures.f1)} ({_percent(figures.f1_low)}–{_percent(figures.f1_high)})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _reading(row: BoardRow, part: str, link: Mapping[str, str]) -> list[str]:
    counts = [str(row.parts[part].outcomes.get(name, 0)) for name in _OUTCOMES]
    return [link[row.name], *counts, _number(row.run.rows_per_second), _number(row.run.seconds_of_training)]


def _number(value: float | None) -> str:
    """Write a measured number with three digits; nothing where it was not measured."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _settings(row: BoardRow, link: Mapping[str, str]) -> list[str]:
    run, asked = row.run, row.run.questions
    words = [] if asked is None else [asked.answer_format, asked.prompt]
    if asked is not None and asked.shots:
        words.append(f"{asked.shots} shots")
    if asked is not None and asked.empty is not None:
        words.append(f"empty ≤ {asked.empty:g}")
    trained = [f"{name} {run.hyperparameters[name]}" for name in _MODEL_KEYS if name in run.hyperparameters]
    if run.seed is not None:
        trained.append(f"seed {run.seed}")
    return [link[row.name], ", ".join(words), ", ".join(trained), run.machine or "", run.note or ""]


def _pair(pair: PairedRows, link: Mapping[str, str]) -> list[str]:
    result = pair.result
    points = [100 * value for value in (result.difference, result.low, result.high)]
    return [
        link[pair.row.name],
        link[pair.baseline.name],
        f"{points[0]:+.1f}",
        f"({points[1]:+.1f}, {points[2]:+.1f})",
        _p(result.p),
        _p(pair.p_holm),
    ]


def _p(value: float) -> str:
    return f"{value:.4f}" if value < 0.001 else f"{value:.3f}"
