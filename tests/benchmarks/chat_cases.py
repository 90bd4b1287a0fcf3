"""The demo's adapter on queries it was not trained on: alone, and with what the tables add.

The published queries, and 500 that are drawn from the demo's domain with another seed, none of which stands
in the training data. ``DEMO`` in the environment names the folder of a complete demo; without it one is made.
"""

import json
import os
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

from nerforge.api.predicting.case_answers import answer_cases
from nerforge.api.predicting.chat_opening import open_session
from nerforge.api.runs.demonstration import CASES, MAX_NEW_TOKENS, run_demo, slot_options
from nerforge.cli.printing.case_output import print_cases
from nerforge.cli.printing.demo_output import StageReporter
from nerforge.cli.printing.output import stdout
from nerforge.evaluation.chatting.asking_of_rows import AskingOptions
from nerforge.evaluation.constraints.constraint import OWN_TABLES
from nerforge.evaluation.grounding import OF_DATA
from nerforge.evaluation.predicting.runs import read_run
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import generate_slots

N_QUERIES = 500
N_DRAWN = 1_500
"""More than are asked: some of them stand in the training data."""
SEED = 7


def main() -> None:
    """Print which queries are exactly right."""
    # The benchmarks that run on one core say so in the environment.
    for name in [name for name in os.environ if name.endswith("_NUM_THREADS")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        demo = Path(os.environ.get("DEMO") or Path(folder) / "demo")
        if not os.environ.get("DEMO"):
            run_demo(demo, StageReporter())
        drawn = draw_unseen(demo / "data" / "gold" / "train.jsonl", Path(folder))
        spec = read_run(demo / "run").spec(MAX_NEW_TOKENS)
        open_one = partial(open_session, "hf", spec, demo / "data", AskingOptions(), print)
        session, constrained = open_one(ground=OF_DATA), open_one(constrain=OWN_TABLES)
        for cases in (CASES, drawn):
            print(f"\n{cases.name}")
            print_cases(stdout(), answer_cases(session, cases, constrained), session.asking.task)


def draw_unseen(training: Path, work: Path) -> Path:
    """Draw queries that the training data do not hold, and write their gold."""
    seen = {text_of(line) for line in training.read_text(encoding="utf-8").splitlines()}
    options = DatasetOptions(work / "drawn", dev=0.0, test=0.0, seed=SEED)
    generate_slots(replace(slot_options(), n_rows=N_DRAWN), options)
    drawn = (options.out / "gold" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    unseen = [line for line in drawn if text_of(line) not in seen]
    print(f"{len(drawn) - len(unseen)} of {len(drawn)} drawn queries stand in the training data")
    out = work / f"{N_QUERIES} queries drawn with seed {SEED}.jsonl"
    out.write_text("".join(f"{line}\n" for line in unseen[:N_QUERIES]), encoding="utf-8")
    return out


def text_of(line: str) -> str:
    """Read the sentence of a line of gold."""
    return str(json.loads(line)["text"])
