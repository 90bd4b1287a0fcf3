"""Size and speed of a report's page: building, first paint, filters, the browser's memory while it scrolls.

``python -m tests.benchmarks.report_page 20000`` measures one size, without a number both.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
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
_N_SCROLLS = 400
_FILTERS = ("?kind=missed", "?label=LOC&role=err", "?exact=0&q=%5B%E5%8C%97%E5%8D%97%5D", "")


def main(*sizes: str) -> None:
    """Print some lines for each size and profile."""
    for n in map(int, sizes) if sizes else SIZES:
        for name, profile in (("news", NEWS), ("medical", MEDICAL)):
            with tempfile.TemporaryDirectory() as folder:
                scores = _write(Path(folder), n, profile)
                page = Path(folder, "report.html")
                built = _in_own_process(scores, page, profile.task)
                size = f"{page.stat().st_size / 1e6:.1f} MB"
                print(f"{n} {name} sentences: {size}; {built}", flush=True)
                # A browser of its own, so that no page before has left anything in its processes.
                with opened_browser() as browser:
                    for line in _measure(browser, page):
                        print(f"    {line}", flush=True)


def _write(folder: Path, n: int, profile: Profile) -> Path:
    rows = list(make_rows(n, profile))
    gold, pred, out = (folder / name for name in ("test.jsonl", "answers.jsonl", "scores.json"))
    write_whole(gold, encode_gold(row.sample for row in rows))
    encode = msgspec.json.Encoder().encode
    write_whole(pred, (encode({"id": row.sample.id, "output": row.output}) + b"\n" for row in rows))
    run_score(
        ScoreOptions(gold=gold, pred=pred, task=profile.task, answer_format="json", out=out, n_bootstrap=50)
    )
    return out


def _in_own_process(scores: Path, page: Path, task: str) -> str:
    """Build the page in a new process, whose memory is that of the build alone."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_build, args=(scores, page, task, theirs))
    process.start()
    said: str = ours.recv()
    process.join()
    return said


def _build(scores: Path, page: Path, task: str, answer: Any) -> None:
    begin, before = time.perf_counter(), time.process_time()
    write_page(make_report(ReportOptions(source=scores, task=task)).report, page)
    seconds, computed = time.perf_counter() - begin, time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.send(f"built in {seconds:.1f} s ({computed:.1f} s of one core), peak memory {peak:.0f} MB")


def _measure(browser: Any, path: Path) -> Iterator[str]:
    page, faults = open_page(browser, path)
    assert not faults, faults
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    ready = page.evaluate("performance.now()")
    yield f"first paint {paint:.0f} ms, all unpacked {ready:.0f} ms"
    page.evaluate("location.hash = '#/browse'")
    page.wait_for_selector("form.facets[data-counted]")
    session = page.context.new_cdp_session(page)
    # Of the thread alone: other programs on the machine do not count.
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    times, begin = [], _computed(session)
    for query in _FILTERS * 3:
        times.append(page.evaluate(_TIMED, f"#/browse{query}"))
        page.wait_for_selector("form.facets[data-counted]")
    computed = 1_000 * (_computed(session) - begin) / len(times)
    yield f"a filter {median(times):.0f} ms (at most {max(times):.0f})"
    yield f"    with the numbers of all buttons it takes {computed:.0f} ms of a core"
    renderer = _renderer(browser)
    peak = 0.0
    for i in range(_N_SCROLLS + 1):
        page.evaluate(_SCROLL, i / _N_SCROLLS)
        if i % 10 == 0:
            peak = max(peak, _proportional_mb(renderer))
    assert page.evaluate(_LAST)
    heap = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
    yield f"scrolled to the end: the renderer's process at most {peak:.0f} MB, JavaScript heap {heap:.0f} MB"


def _computed(session: Any) -> float:
    """Give the seconds that the page's thread has computed."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(row["value"] for row in metrics if row["name"] == "TaskDuration"))


def _renderer(browser: Any) -> int:
    """Find the process that shows the page: of the renderers, the one that computed most."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    renderers = [row for row in processes if row["type"] == "renderer"]
    return int(max(renderers, key=lambda row: row["cpuTime"])["id"])


def _proportional_mb(pid: int) -> float:
    """Give a process's proportional set size: its own memory, and its share of what it shares."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ValueError(f"/proc/{pid}/smaps_rollup has no Pss")


# Two frames, so that what was scrolled to is drawn.
_SCROLL = """part => new Promise(done => {
    const list = document.querySelector('.list');
    list.scrollTop = part * list.scrollHeight;
    requestAnimationFrame(() => requestAnimationFrame(done));
})"""
_LAST = """() => {
    const lines = document.querySelectorAll('.line');
    return lines[lines.length - 1].getAttribute('aria-posinset') === lines[0].getAttribute('aria-setsize');
}"""
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
    main(*sys.argv[1:])
