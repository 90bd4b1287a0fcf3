"""Size and speed of a report's page in a headless Chromium: first paint, filters, memory while it scrolls."""

import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from nerforge.evaluation.reports.page_file import write_page
from nerforge.evaluation.reports.report_run import ReportOptions, make_report
from nerforge.evaluation.scores.score_run import ScoreOptions, run_score
from nerforge.foundation.files.writing import write_whole
from nerforge.generators.datasets.entity_gold import encode_gold
from tests.benchmarks.sentences import MEDICAL, NEWS, Profile, make_rows
from tests.chromium import open_page, opened_browser

SIZES = (20_000, 100_000)
_N_SCROLLS = 200
_FILTERS = ("?kind=missed", "?label=LOC&role=err", "?exact=0&q=%5B%E5%8C%97%E5%8D%97%5D", "")


def main() -> None:
    """Print a line for each size and profile."""
    with tempfile.TemporaryDirectory() as folder, opened_browser() as browser:
        for n in SIZES:
            for name, profile in (("news", NEWS), ("medical", MEDICAL)):
                page = _write(Path(folder), n, profile)
                print(
                    f"{n} {name} sentences: {page.stat().st_size / 1e6:.1f} MB; {_measure(browser, page)}",
                    flush=True,
                )


def _write(folder: Path, n: int, profile: Profile) -> Path:
    rows = list(make_rows(n, profile))
    gold, pred, out = (folder / name for name in ("test.jsonl", "answers.jsonl", "scores.json"))
    write_whole(gold, encode_gold(row.sample for row in rows))
    encode = msgspec.json.Encoder().encode
    write_whole(pred, (encode({"id": row.sample.id, "output": row.output}) + b"\n" for row in rows))
    out.unlink(missing_ok=True)
    run_score(
        ScoreOptions(gold=gold, pred=pred, task=profile.task, answer_format="json", out=out, n_bootstrap=50)
    )
    page = folder / "report.html"
    write_page(make_report(ReportOptions(source=out, task=profile.task)).report, page)
    return page


def _measure(browser: Any, path: Path) -> str:
    page, faults = open_page(browser, path)
    assert not faults, faults
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    ready = page.evaluate("performance.now()")
    page.evaluate("location.hash = '#/browse'")
    page.wait_for_selector(".line")
    times = [page.evaluate(_TIMED, f"#/browse{query}") for query in _FILTERS * 3]
    for i in range(_N_SCROLLS):
        page.evaluate(
            "f => { const l = document.querySelector('.list'); l.scrollTop = f * l.scrollHeight; }",
            i / _N_SCROLLS,
        )
    heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
    return (
        f"first paint {paint:.0f} ms, all unpacked {ready:.0f} ms, a filter {median(times):.0f} ms (at most "
        f"{max(times):.0f}), heap after scrolling {heap:.0f} MB"
    )


# From the change of the hash to the next frame's layout.
_TIMED = """hash => new Promise(done => {
    addEventListener('hashchange', () => {
        document.body.offsetHeight;
        done(performance.now() - begin);
    }, {once: true});
    const begin = performance.now();
    location.hash = hash;
})"""

if __name__ == "__main__":
    main()
