"""How scores are printed: tables in percent, then a line for each other finding."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from msgspec import UnsetType, to_builtins
from rich.console import Console, RenderableType
from rich.table import Table

from nerforge.cli.printing.output import print_json
from nerforge.cli.printing.plain_table import percent, percent_interval, plain_table
from nerforge.cli.printing.scores.confidence_output import confidence_lines
from nerforge.cli.printing.scores.error_output import print_wrong_label, print_wrong_sample
from nerforge.cli.printing.scores.marked_text import LEGEND
from nerforge.cli.printing.scores.why_output import why_table
from nerforge.evaluation.error_analysis.error_selection import (
    ErrorFilter,
    SelectedErrors,
    describe_errors,
    select_errors,
)
from nerforge.evaluation.metrics.confusion import BOUNDARY_ERRORS
from nerforge.evaluation.metrics.score_figures import CriterionScores, Figures
from nerforge.evaluation.reading.wrong_samples import WrongLabel
from nerforge.evaluation.scores.schema import AnyScores, LabelScores, Scores

if TYPE_CHECKING:
    from nerforge.evaluation.scores.score_run import ScoreRun

_MIN_SLICE = 10
"""A slice with fewer gold entities says little."""
_N_SLICES = 5
_N_PAIRS = 8
_WIDE = 98
"""Columns that the widest table needs."""
_TEXT_INTERVAL = 8
"""The column of the table of labels that a narrow terminal does without."""
_SENTENCES = ("samples", "errors")
"""What the scores hold of each sentence; it is in --out and not on the screen."""


class ShownErrors(NamedTuple):
    """How many wrong samples are shown, and which."""

    n: int
    looked_for: ErrorFilter


def print_run(console: Console, run: "ScoreRun", errors: ShownErrors) -> None:
    """Print the scores of entities or labels, and some of the wrong samples."""
    if isinstance(run.scores, LabelScores):
        print_label_scores(console, run.scores)
    else:
        print_scores(console, run.scores)
    if errors.n:
        print_errors(console, run.scores, errors)


def print_run_json(run: "ScoreRun", errors: ShownErrors) -> None:
    """Print the scores and the verdict of the gate; of the samples the wrong ones that are asked for."""
    scores = to_builtins(run.scores)
    printed = {key: value for key, value in scores.items() if key not in _SENTENCES}
    printed["gate"] = to_builtins(run.verdict)
    if errors.n:
        selected = select_errors(run.scores.errors, *errors)
        printed["errors"] = [
            {**to_builtins(row.sample), "differences": to_builtins(row.errors)}
            for row in describe_errors(selected.shown)
        ]
    print_json(printed)


def print_scores(console: Console, scores: Scores) -> None:
    """Print everything but the sentences."""
    parts: Iterator[RenderableType] = chain(
        [label_table(scores, wide=console.width >= _WIDE), "", criteria_table(scores), ""],
        score_lines(scores),
        weakest_slices(scores),
        _grounding(scores),
        confidence_lines(scores.confidence) if scores.confidence else (),
        why_table(scores.why, wide=console.width >= _WIDE) if scores.why else (),
    )
    for part in parts:
        console.print(part, markup=False)


def _grounding(scores: Scores) -> Iterator[RenderableType]:
    """Lay out the scores without and with grounding, where there are both."""
    if isinstance(scores.grounding, UnsetType):
        return
    # The tables' readers are imported with this.
    from nerforge.cli.printing.grounding_output import grounding_lines, grounding_table

    strict = scores.criteria["strict"].micro.f1
    yield from ("", grounding_table(scores.grounding, strict, scores.sample_exact_match), "")
    yield from grounding_lines(scores.grounding)


def print_errors(console: Console, scores: AnyScores, errors: ShownErrors) -> None:
    """Print wrong samples in the order of gold, and how many there are."""
    selected = select_errors(scores.errors, *errors)
    if selected.shown and not isinstance(scores, LabelScores):
        console.print(f"\n{LEGEND}")
    for row in selected.shown:
        console.print()
        if isinstance(row, WrongLabel):
            print_wrong_label(console, row)
        else:
            print_wrong_sample(console, row)
    console.print(f"\n{_said_of(selected)}")


def _said_of(selected: SelectedErrors) -> str:
    shown, accepted, wrong = len(selected.shown), selected.n_accepted, selected.n_wrong
    like_these = "" if accepted == wrong else f" like these ({wrong} in all)"
    more = "" if shown == accepted else f"; --errors {accepted} shows all"
    return f"{shown} of {accepted} wrong samples{like_these} shown{more}"


def label_table(scores: Scores, title: str = "", *, wide: bool = True) -> Table:
    """Lay out strict and text-level figures: micro, macro and by label; a narrow table has fewer columns."""
    columns = ("", "strict P", "R", "F1", "", "text P", "R", "F1", "", "gold", "predicted")
    strict, text = scores.criteria["strict"], scores.criteria["text"]
    names = list(strict.per_label)
    rows = [[name, *_figures(strict.per_label[name], text.per_label[name])] for name in names]
    rows.append(["micro", *_figures(strict.micro, text.micro)])
    rows.append(["macro", "", "", *_macro(strict), "", "", *_macro(text), "", ""])
    # Column 8 is the interval of text F1; that of strict F1 stays.
    shown = [place for place in range(len(columns)) if wide or place != _TEXT_INTERVAL]
    table = plain_table([columns[place] for place in shown], title)
    for row in rows:
        table.add_row(*(row[place] for place in shown), style="bold" if row[0] == "micro" else None)
    return table


def criteria_table(scores: Scores) -> Table:
    """Lay out micro and macro figures of every criterion."""
    table = plain_table(("criterion", "P", "R", "micro F1", "", "macro F1", ""))
    for name, criterion in scores.criteria.items():
        table.add_row(name, *_rates(criterion.micro), *_macro(criterion))
    return table


def score_lines(scores: Scores) -> Iterator[str]:
    """Say how many samples are right, how the answers were read, and what is wrong in them."""
    interval = percent_interval(scores.sample_exact_match_low, scores.sample_exact_match_high)
    yield f"{scores.n_samples} samples, exactly right: {percent(scores.sample_exact_match)} %  {interval}"
    boundaries = scores.boundary_errors
    counts = {
        "answers": scores.outcomes,
        "entities": scores.groundings,
        "problems": scores.problems,
        "boundary errors": {name: getattr(boundaries, name) for name in BOUNDARY_ERRORS},
    }
    for title, counted in counts.items():
        if said := _counted(counted):
            yield f"{title}: {said}"
    confusion = scores.confusion
    yield from confusion_lines(confusion.pairs)
    for title, counted in (("missed", confusion.missed), ("spurious", confusion.spurious)):
        if said := _counted(dict(sorted(counted.items(), key=lambda item: -item[1]))):
            yield f"{title}: {said}"


def print_label_scores(console: Console, scores: LabelScores) -> None:
    """Print the scores of text classification."""
    table = plain_table(("", "P", "R", "F1", "", "gold", "predicted"))
    for label, figures in scores.per_label.items():
        table.add_row(label, *_rates(figures), str(figures.n_gold), str(figures.n_predicted))
    table.add_row("macro", "", "", *_macro(scores), "", "", style="bold")
    console.print(table, markup=False)
    interval = percent_interval(scores.accuracy_low, scores.accuracy_high)
    console.print(f"\n{scores.n_samples} texts, accuracy: {percent(scores.accuracy)} %  {interval}")
    console.print(f"answers that name no label: {scores.n_unread}")
    if n := scores.n_not_offered:
        console.print(f"answers that name a label which the prompt did not offer: {n}")
    for line in confusion_lines(scores.confusion.pairs):
        console.print(line, markup=False)


def confusion_lines(confused: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Say which labels are predicted for others, the most frequent first."""
    pairs = [
        (n, f"{gold} as {predicted} {n}")
        for gold, row in confused.items()
        for predicted, n in row.items()
        if gold != predicted and n
    ]
    # A stable sort: equal counts stay in the order of the labels.
    pairs.sort(key=lambda pair: -pair[0])
    if pairs:
        more = f", and {len(pairs) - _N_PAIRS} other pairs" if len(pairs) > _N_PAIRS else ""
        yield f"labels confused: {', '.join(said for _, said in pairs[:_N_PAIRS])}{more}"


def weakest_slices(scores: Scores) -> Iterator[RenderableType]:
    """Lay out the slices that score lowest, of those below the whole that are not too small to tell."""
    whole = scores.criteria["strict"].micro.f1
    weak = [
        (name, figures)
        for name, figures in scores.slices.items()
        if figures.n_gold >= _MIN_SLICE and figures.f1 < whole
    ]
    weak.sort(key=lambda item: item[1].f1)
    if weak:
        table = plain_table(("weakest slices", "strict P", "R", "F1", "", "gold"))
        for name, figures in weak[:_N_SLICES]:
            table.add_row(name, *_rates(figures), str(figures.n_gold))
        yield from ("", table)


def _figures(strict: Figures, text: Figures) -> list[str]:
    return [*_rates(strict), *_rates(text), str(strict.n_gold), str(strict.n_predicted)]


def _rates(figures: Figures) -> list[str]:
    rates = map(percent, (figures.precision, figures.recall, figures.f1))
    return [*rates, percent_interval(figures.f1_low, figures.f1_high)]


def _macro(scores: CriterionScores | LabelScores) -> list[str]:
    return [percent(scores.macro_f1), percent_interval(scores.macro_f1_low, scores.macro_f1_high)]


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in counts.items() if n)
