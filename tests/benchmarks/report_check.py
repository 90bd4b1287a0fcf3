"""Whether every number of a report's page is what ``scores.json`` says, and as many sentences as it shows.

``python -m tests.benchmarks.report_check report.html scores.json [AGAINST.json]`` opens the page in a
headless Chromium without a network, presses every button alone and with others, follows every number of the
summary, and fails where one is wrong, or where the page writes to the console or asks for something.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from nerforge.evaluation.scores.schema import LabelScores, Scores
from nerforge.evaluation.scores.score_file import read_scores
from tests.chromium import open_page, opened_browser
from tests.evaluation.report_buttons import check_page
from tests.evaluation.report_numbers import ClassNumbers, Numbers, ScoreNumbers, parse_filter


def main(page_file: str, scores: str, against: str | None = None) -> int:
    """Print what was checked; give the exit status."""
    numbers = _numbers(scores, against)
    with opened_browser() as browser:
        page, said = open_page(browser, Path(page_file).resolve())
        checked = check_page(page, numbers)
    print(
        f"buttons pressed           {checked.n_buttons}, and {checked.n_combined} while another was pressed"
    )
    print(f"numbers of the summary    {checked.n_numbers}")
    print(f"compared with scores.json {checked.n_counted}")
    print(f"not counted there         {len(set(checked.uncounted))}: {_kinds(checked.uncounted)}")
    print(f"differences               {len(checked.faults)}")
    print(f"console, errors, requests {len(said)}")
    for fault in [*checked.faults, *said]:
        print(f"  {fault}")
    return int(bool(checked.faults or said))


def _numbers(scores: str, against: str | None) -> Numbers:
    a, b = (None if path is None else read_scores(Path(path)) for path in (scores, against))
    if isinstance(a, Scores) and (b is None or isinstance(b, Scores)):
        return ScoreNumbers(a, b)
    if isinstance(a, LabelScores) and (b is None or isinstance(b, LabelScores)):
        return ClassNumbers(a, b)
    sys.exit(f"{scores} and {against}: one holds scores of entities, the other of classes")


def _kinds(hrefs: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys("+".join(parse_filter(href)) for href in hrefs))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
