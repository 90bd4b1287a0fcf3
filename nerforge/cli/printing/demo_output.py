"""How the demo is shown: its stages while it runs, then scores, examples and places."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from rich.table import Table

from nerforge.api.runs.demonstration import DemoResult
from nerforge.cli.printing.case_output import print_cases
from nerforge.cli.printing.output import bar, stderr, stdout, tagged
from nerforge.cli.printing.printed_lines import print_message
from nerforge.cli.printing.scores.error_output import print_marked
from nerforge.cli.printing.scores.marked_text import LEGEND
from nerforge.cli.printing.scores.score_output import label_table, score_lines
from nerforge.cli.printing.training_output import watching_by_bar
from nerforge.evaluation.predicting.predictions import OnProgress
from nerforge.evaluation.reading.scored_samples import wrong_sample
from nerforge.foundation.printing import printable
from nerforge.llamafactory_configs.running.launch import Watcher
from nerforge.templates.tasks import load_task


class StageReporter:
    """Announces the stages and shows bars on stderr."""

    def stage(self, what: str) -> None:
        """Announce a stage."""
        stderr().print(what, style="bold", markup=False)

    def training(self) -> AbstractContextManager[Watcher]:
        """Show a bar for a training."""
        return watching_by_bar()

    def notice(self, line: str) -> None:
        """Tell what the user should know."""
        print_message(line)

    @contextmanager
    def predicting(self) -> Iterator[OnProgress]:
        """Show a bar for a prediction run."""
        with bar("predicting") as shown:
            yield shown.update


def demo_json(result: DemoResult) -> dict[str, Any]:
    """Give what `demo --json` prints: the main figures before and after, and where everything is."""
    judged = {"base alone": result.before.scores, "base + adapter": result.after.scores}
    return {
        "out": str(result.out),
        "scores": {
            name: {
                "sample_exact_match": scores.sample_exact_match,
                "strict_micro_f1": scores.criteria["strict"].micro.f1,
            }
            for name, scores in judged.items()
        },
        "exactly_right_queries": {
            name: {"n": sum(case.is_exact for case in cases), "of": len(cases)}
            for name, cases in result.asked.items()
        },
        "seconds": result.seconds,
    }


def print_demo(result: DemoResult) -> None:
    """Print scores before and after, right and wrong examples, and where everything is."""
    console = stdout()
    task = load_task("power")
    console.print()
    console.print(label_table(result.after.scores, "Held-out test split, base + adapter (percent)"))
    for line in score_lines(result.after.scores):
        console.print(line, markup=False)
    console.print()
    console.print(_before_and_after(result))
    if right := result.examples():
        console.print("\nRight:", style="bold")
    for row in right:
        console.print(f"  {row.sample.text}")
        console.print("  →", tagged(printable(row.output or ""), task))
    if wrong := result.errors():
        console.print("\nWrong:", style="bold")
        console.print(LEGEND)
    for row in wrong:
        console.print()
        print_marked(console, wrong_sample(row), tagged(printable(row.output or ""), task))
    console.print("\nTwelve published queries, of which a fine-tuned 4B model got nine right:", style="bold")
    print_cases(console, result.asked, task)
    console.print()
    for line in _places(result):
        console.print(line, markup=False)


def _before_and_after(result: DemoResult) -> Table:
    table = Table("", "base alone", "base + adapter", box=None, header_style="bold")
    before, after = result.before.scores, result.after.scores
    exact = [scores.sample_exact_match for scores in (before, after)]
    f1 = [scores.criteria["strict"].micro.f1 for scores in (before, after)]
    table.add_row("samples exactly right", *(f"{value:.3f}" for value in exact))
    table.add_row("strict micro F1", *(f"{value:.3f}" for value in f1))
    return table


def _places(result: DemoResult) -> Iterator[str]:
    yield f"data set      {result.out / 'data'}  (ner.json, dataset_info.json, gold/, manifest.json)"
    yield f"training      {result.out / 'run'}  (train.yaml, train.log, training_loss.png, the adapter)"
    yield f"predictions   {result.out / 'run' / 'predictions'}"
    yield f"scores        {result.out / 'run' / 'scores' / 'final' / 'test.json'}"
    yield "seconds       " + ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in result.seconds.items())
