"""Making data sets and answers, against parsing and writing their JSON."""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from nerforge.foundation.files.shipped import DATA_DIR
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.domain.slot_domain import read_domain
from nerforge.generators.slots.generate import SlotOptions, generate_slots, sample_domain
from nerforge.generators.slots.language.grammar_cache import build_grammar
from nerforge.generators.slots.surfaces import collect_surfaces
from nerforge.templates.answers import FORMATS
from nerforge.templates.tasks import with_surfaces

N_ROWS = 10_000
N_RUNS = 5


def seconds(function: Callable[[], object]) -> float:
    """Give the median time of a function over some runs."""
    times = []
    for _ in range(N_RUNS):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return median(times)


def copy_json(source: Path, target: Path) -> None:
    """Do the least that a converter does: parse every line and write it again."""
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    target.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def main() -> None:
    """Print a line for each comparison."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        lines = (DATA_DIR / "samples" / "ccfbdci.jsonl").read_text(encoding="utf-8").splitlines()
        corpus = work / "corpus.jsonl"
        corpus.write_text("\n".join(lines[i % len(lines)] for i in range(N_ROWS)), encoding="utf-8")
        options = DatasetOptions(work / "data", overwrite=True)
        copied = seconds(lambda: copy_json(corpus, work / "copy.json"))
        converted = seconds(lambda: generate_corpus("ccfbdci", corpus, options))
        drawn = seconds(
            lambda: generate_slots(SlotOptions(N_ROWS), DatasetOptions(work / "power", overwrite=True))
        )
        print(f"{N_ROWS} rows, median of {N_RUNS} runs; 1.0 = parsing and writing the JSON ({copied:.3f} s)")
        print(f"  convert ccfbdci, checked, split and read back   {converted / copied:6.1f}")
        print(f"  make power queries, labelled and read back      {drawn / copied:6.1f}")
    domain = read_domain()
    task = with_surfaces(domain.task, collect_surfaces(build_grammar(domain)))
    samples = list(sample_domain(domain, N_ROWS, 0))
    for name, answer_format in FORMATS.items():
        answers = [answer_format.encode(sample, task.schema) for sample in samples]
        pairs = list(zip(answers, samples, strict=True))
        written = seconds(lambda f=answer_format: [f.encode(s, task.schema) for s in samples])
        read = seconds(lambda f=answer_format, p=pairs: [f.decode(a, s.text, task.schema) for a, s in p])
        print(f"  {name}: write the answers {written / copied:.1f}, read them {read / copied:.1f}")
