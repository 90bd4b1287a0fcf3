"""Constrained decoding: what an untrained, a trained and a real model answer with and without it.

An untrained model says anything, so that whatever may go wrong does: its 1,000 answers are read by outcome.
Of a trained adapter (NERFORGE_TRAINED_RUN, a run with its data) what is clean without a grammar must be the
same under one. The real model is read from NERFORGE_REAL_LLM. Both are left out where they are not named.
"""

import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import nerforge as nf
from nerforge.evaluation.chatting.chat_requests import data_of_run
from nerforge.evaluation.constraints.constraint_choice import constraint_of_gold
from nerforge.evaluation.constraints.token_matching import TokenGrammars, TokenMatcher
from nerforge.evaluation.engines import Failure, ModelSpec, Request, sentences_of
from nerforge.evaluation.predicting.requests import read_requests
from nerforge.evaluation.predicting.runs import read_run
from nerforge.evaluation.reading.task_of_gold import find_task
from nerforge.foundation.files.shipped import DATA_DIR
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Grounding, Outcome, ProblemKind

TINY = str(DATA_DIR / "tiny_base")
SETS = (
    *(("power", "xml", 200), ("power", "json", 100)),
    *(("ccfbdci", name, 100) for name in ("json", "xml", "bracket", "grouped", "occurrence")),
    *(("cmeee", name, 100) for name in ("json", "bracket")),
)
"""Task, answer format and sentences."""
_MAX_FREE, _MAX_HELD = 160, 6_000
"""New tokens: an untrained model without a grammar seldom ends at all."""


@dataclass(slots=True)
class Cost:
    """Seconds that constraining takes in a run."""

    compiling: float = 0.0
    choosing: float = 0.0
    total: float = 0.0
    doubled: float = 0.0
    """That measuring itself takes."""
    n_tokens: int = 0


class Answers(NamedTuple):
    """What was answered, by row."""

    outputs: dict[str, str]
    cut: set[str]
    cost: Cost


@dataclass(slots=True)
class Reading:
    """Answers by how they were read."""

    outcomes: Counter[str] = field(default_factory=Counter)
    n_entities: int = 0
    n_hallucinated: int = 0
    n_drifts: int = 0
    n_unknown: int = 0
    clean: set[str] = field(default_factory=set)

    def add(self, other: "Reading") -> None:
        """Add the counts of another."""
        self.outcomes += other.outcomes
        for name in ("n_entities", "n_hallucinated", "n_drifts", "n_unknown"):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def line(self, name: str) -> str:
        """Write it as a line."""
        outcomes = ", ".join(f"{n} {outcome}" for outcome, n in self.outcomes.most_common())
        return (
            f"  {name}: {outcomes}; {self.n_entities} entities, {self.n_hallucinated} hallucinated, "
            f"{self.n_unknown} unknown labels, {self.n_drifts} copies that drift"
        )


def main() -> None:
    """Print all of it."""
    with tempfile.TemporaryDirectory() as folder:
        at_random(Path(folder))
        untrained(Path(folder))
        if run := os.environ.get("NERFORGE_TRAINED_RUN"):
            trained(Path(run))
        if model := os.environ.get("NERFORGE_REAL_LLM"):
            real(model, Path(folder))


def at_random(work: Path, tokenizer: str = TINY) -> None:
    """Take any allowed token, as the worst of models might; torch is not needed for that."""
    from transformers import AutoTokenizer

    vocabulary, found, generator = (
        AutoTokenizer.from_pretrained(tokenizer),
        Reading(),
        np.random.default_rng(0),
    )
    for task, answer_format, n in SETS:
        data = generate(task, answer_format, n, work / f"random-{task}-{answer_format}")
        rows = list(read_requests(data, "test"))[:n]
        stop = vocabulary.convert_tokens_to_ids("<|im_end|>")
        constraint = spec_of(data, ModelSpec(tokenizer, None, "qwen")).constraint
        assert constraint is not None
        grammars = TokenGrammars(constraint, vocabulary, len(vocabulary), [stop])
        start = time.perf_counter()
        matchers = grammars.matchers(sentences_of(rows))
        compiling = time.perf_counter() - start
        outputs, n_tokens = {}, 0
        start = time.perf_counter()
        for row, matcher in zip(rows, matchers, strict=True):
            assert isinstance(matcher, TokenMatcher), matcher
            tokens = [int(generator.choice(grammars.allowed([matcher])[0]))]
            while matcher.take(tokens[-1]) and tokens[-1] != stop:
                tokens.append(int(generator.choice(grammars.allowed([matcher])[0])))
            n_tokens += len(tokens)
            outputs[row.id] = vocabulary.decode(tokens[:-1])
        each = (time.perf_counter() - start) / n_tokens
        reading = read(data, Answers(outputs, set(), Cost()))
        found.add(reading)
        print(f"{task}, {answer_format}: {compiling / n * 1e3:.0f} ms a grammar, {each * 1e6:.0f} us a token")
        print(reading.line("at random"), flush=True)
    print(found.line(f"all {sum(found.outcomes.values())}"))


def untrained(work: Path) -> None:
    """Let the tiny base answer, without an adapter."""
    from nerforge.evaluation.engines.local.hf import HfEngine

    free, held = Reading(), Reading()
    engine = HfEngine(ModelSpec(TINY, None, "qwen", _MAX_FREE))
    for task, answer_format, n in SETS:
        data = generate(task, answer_format, n, work / f"{task}-{answer_format}")
        rows = list(read_requests(data, "test"))[:n]
        before = read(data, ask(engine, rows))
        grammars = spec_of(data, ModelSpec(TINY, None, "qwen", _MAX_HELD))
        answers = ask(HfEngine(grammars), rows)
        after = read(data, answers)
        print(f"{task}, {answer_format}, {len(rows)} sentences: {cost_line(answers.cost, len(rows))}")
        print(before.line("free"))
        print(after.line("constrained"), flush=True)
        free.add(before)
        held.add(after)
    print(f"all, {sum(held.outcomes.values())} answers:")
    print(free.line("free"))
    print(held.line("constrained"), flush=True)


def trained(run: Path, n: int = 500) -> None:
    """Compare a trained adapter's answers with and without a grammar, byte for byte."""
    from nerforge.evaluation.engines.local.hf import HfEngine

    found = read_run(run)
    data = data_of_run(run)
    spec = found.spec(512)
    rows = list(read_requests(data, "test"))[:n]
    free = ask(HfEngine(spec), rows)
    held = ask(HfEngine(spec_of(data, spec)), rows)
    before, after = read(data, free), read(data, held)
    same = [row_id for row_id in before.clean if free.outputs[row_id] == held.outputs[row_id]]
    print(f"{run.name}, {len(rows)} sentences: {cost_line(held.cost, len(rows))}")
    print(f"  clean without a grammar {len(before.clean)}, of these the same bytes under one {len(same)}")
    print(before.line("free"))
    print(after.line("constrained"))
    print(f"  {free.cost.total:.1f} s free, {held.cost.total:.1f} s constrained", flush=True)


def real(model: str, work: Path, n: int = 60) -> None:
    """Ask a real model without training about news, with examples in the prompt."""
    from nerforge.evaluation.engines.local.hf import HfEngine

    data = generate("ccfbdci", "json", n, work / "real", shots=4)
    rows = list(read_requests(data, "test"))[:n]
    spec = ModelSpec(model, None, "qwen", 160)
    print(f"{Path(model).name}, ccfbdci, json, 4 examples, {len(rows)} sentences:")
    for name, chosen in (("free", spec), ("constrained", spec_of(data, spec))):
        answers = ask(HfEngine(chosen), rows)
        found = read(data, answers)
        print(found.line(name))
        print(f"    strict micro F1 {f1(data, answers):.1%}, {answers.cost.total:.0f} s")
        if chosen.constraint:
            print(f"    {cost_line(answers.cost, len(rows))}", flush=True)


def generate(task: str, answer_format: str, n: int, out: Path, shots: int = 0) -> Path:
    """Generate a set whose test split has at least ``n`` sentences."""
    options: dict[str, Any] = {"format": answer_format, "prompt": "short", "seed": 1, "dev": 0.0}
    if task == "power":
        nf.generate("power", out, rows=n * 2 + 20, test=0.5, **options)
    else:
        shared = Path("../shared/real") / f"{task}.jsonl"
        source = shared if shared.is_file() else DATA_DIR / "samples" / f"{task}.jsonl"
        nf.generate(task, out, input=source, limit=n * 3, test=0.5, shots=shots, **options)
    return out


def spec_of(data: Path, spec: ModelSpec) -> ModelSpec:
    """Constrain a model to the answers of a data set."""
    return replace(spec, constraint=constraint_of_gold(data / "gold" / "test.jsonl", "own"))


def ask(engine: Any, rows: list[Request]) -> Answers:
    """Answer rows, and time what constraining adds."""
    with timed() as cost:
        start = time.perf_counter()
        results = [result for group in engine.predict(rows, 0) for result in group]
        cost.total = time.perf_counter() - start - cost.doubled
    failed = [result.error for result in results if isinstance(result, Failure)]
    assert not failed, failed[:3]
    return Answers({x.id: x.output for x in results}, {x.id for x in results if x.finish == "length"}, cost)


@contextmanager
def timed() -> Iterator[Cost]:
    """Time the grammars of whatever runs meanwhile."""
    from nerforge.evaluation.engines.local.constrained_choice import ConstrainedChoice

    cost = Cost()
    begin, choose = ConstrainedChoice.begin, ConstrainedChoice.choose

    def timed_begin(self: Any, numbers: Any) -> None:
        start = time.perf_counter()
        begin(self, numbers)
        cost.compiling += time.perf_counter() - start

    def timed_choose(self: Any, logits: Any, numbers: Any) -> list[int]:
        # The plain choice of the likeliest is made without grammars, too.
        start = time.perf_counter()
        logits.argmax(-1).tolist()
        middle = time.perf_counter()
        tokens = choose(self, logits, numbers)
        cost.choosing += time.perf_counter() - middle - (middle - start)
        cost.doubled += middle - start
        cost.n_tokens += len(tokens)
        return tokens

    ConstrainedChoice.begin, ConstrainedChoice.choose = timed_begin, timed_choose  # type: ignore[method-assign]
    try:
        yield cost
    finally:
        ConstrainedChoice.begin, ConstrainedChoice.choose = begin, choose  # type: ignore[method-assign]


def cost_line(cost: Cost, n_rows: int) -> str:
    """Write what constraining took, in shares of the decoding without it."""
    plain = cost.total - cost.choosing - cost.compiling
    return (
        f"{cost.compiling / n_rows * 1e3:.1f} ms a grammar; {cost.n_tokens} tokens, "
        f"{cost.choosing / max(cost.n_tokens, 1) * 1e6:.0f} us each for the choice, "
        f"{cost.choosing / plain:.1%} of the steps' own time; compiling {cost.compiling / plain:.1%}"
    )


def read(data: Path, answers: Answers) -> Reading:
    """Read answers against the sentences of gold."""
    gold = nf.load_data(data)
    task, name = find_task(data / "gold" / "test.jsonl", None, None)
    answer_format, found = load_format(name), Reading()
    for sample in gold.samples("test"):
        if sample.id not in answers.outputs:
            continue
        answer = answer_format.decode(answers.outputs[sample.id], sample.text, task.schema)
        kinds = Counter(problem.kind for problem in answer.problems)
        is_whole = sample.id not in answers.cut
        found.outcomes[answer.outcome.value if is_whole else "truncated"] += 1
        found.n_entities += len(answer.entities)
        found.n_hallucinated += answer.groundings.count(Grounding.HALLUCINATED)
        found.n_drifts += bool(kinds[ProblemKind.TEXT_DRIFT])
        found.n_unknown += kinds[ProblemKind.UNKNOWN_LABEL]
        if is_whole and not kinds and answer.outcome in (Outcome.CLEAN, Outcome.EMPTY):
            found.clean.add(sample.id)
    return found


def f1(data: Path, answers: Answers) -> float:
    """Score answers strictly."""
    task, name = find_task(data / "gold" / "test.jsonl", None, None)
    samples = [x for x in nf.load_data(data).samples("test") if x.id in answers.outputs]
    scores = nf.score(samples, answers.outputs, task=task.name, format=name)
    return float(scores.criteria["strict"].micro.f1)


if __name__ == "__main__":
    main()
