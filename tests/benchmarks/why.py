"""``score --why``: 20,000 sentences against 100,000 of training, processor time beside that of scoring."""

import random
import resource
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from nerforge.evaluation.error_analysis.wrong_pairs import entities_of
from nerforge.evaluation.error_causes.training_evidence import (
    AnsweredSentence,
    TrainingEvidence,
    find_training_evidence,
)
from nerforge.evaluation.error_causes.training_sentences import read_training
from nerforge.evaluation.scores.schema import Scores
from nerforge.evaluation.scores.score_run import ScoreOptions, run_score

N_TRAINING, N_TEST, N_SURFACES, N_NEAR = 100_000, 20_000, 110_000, 2_000
_CHARACTERS = [chr(0x4E00 + n) for n in range(2_500)]
Row = dict[str, Any]
Surface = tuple[str, str]


def main() -> None:
    """Print the processor time of scoring without and with causes, and of what training shows for errors."""
    with TemporaryDirectory() as folder:
        _write(Path(folder), random.Random(0))
        without, _ = _score(Path(folder), False)
        with_causes, scores = _score(Path(folder), True)
        began, before = time.process_time(), _peak()
        evidence = _evidence(Path(folder), scores)
        with_evidence, grown = time.process_time() - began, _peak() - before
        why = scores.why
        assert why
    print(f"score {without:.1f} s, score --why {with_causes:.1f} s: x {with_causes / without:.1f}")
    print(
        f"nearest sentences and uses of {len(evidence.surfaces):,} surfaces {with_evidence:.1f} s: "
        f"x {with_evidence / without:.1f}, {grown:,} MB more; {len(evidence.sentences):,} sentences of "
        f"training shown, {len(msgspec.json.encode(evidence)) / 1e6:.1f} MB as JSON"
    )
    print(f"{why.n_errors:,} errors:", ", ".join(f"{x.n:,} {name}" for name, x in why.causes.items() if x.n))


def _score(folder: Path, why: bool) -> tuple[float, Scores]:
    began = time.process_time()
    options = ScoreOptions(
        gold=folder / "gold/test.jsonl", pred=folder / "predicted.jsonl", task="ccfbdci", why=why
    )
    scores = run_score(options).scores
    assert isinstance(scores, Scores)
    return time.process_time() - began, scores


def _evidence(folder: Path, scores: Scores) -> TrainingEvidence:
    sentences = [
        AnsweredSentence(row.text, entities_of(row.gold), entities_of(row.predicted)) for row in scores.errors
    ]
    return find_training_evidence(sentences, partial(read_training, folder / "gold/train.jsonl"))


def _peak() -> int:
    """Give the most memory that was resident so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _write(folder: Path, rng: random.Random) -> None:
    surfaces = [(_word(rng, 2, 5), rng.choice(("PER", "ORG", "GPE", "LOC"))) for _ in range(N_SURFACES)]
    training = [_row(f"t{n}", rng, surfaces[:N_TRAINING], surfaces[n]) for n in range(N_TRAINING)]
    test = [_row(f"s{n}", rng, surfaces, rng.choice(surfaces)) for n in range(N_TEST - N_NEAR)]
    test += [_near(f"n{n}", rng.choice(training)) for n in range(N_NEAR)]
    files = {"gold/train": training, "gold/test": test, "predicted": [_answer(row, rng) for row in test]}
    (folder / "gold").mkdir()
    for name, rows in files.items():
        (folder / f"{name}.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))


def _word(rng: random.Random, shortest: int, longest: int) -> str:
    return "".join(rng.choices(_CHARACTERS, k=rng.randint(shortest, longest)))


def _row(name: str, rng: random.Random, surfaces: Sequence[Surface], first: Surface) -> Row:
    """Make a sentence with one entity and up to two more."""
    text, entities = "", []
    for surface, label in (first, *rng.choices(surfaces, k=rng.randint(0, 2))):
        text += _word(rng, 5, 14)
        entities.append(
            {"label": label, "text": surface, "start": len(text), "end": len(text) + len(surface)}
        )
        text += surface
    return {"id": name, "text": text + _word(rng, 3, 9), "entities": entities}


def _near(name: str, row: Row) -> Row:
    """Give a training sentence with a character more and its first entity in another label."""
    first = {**row["entities"][0], "label": "PER" if row["entities"][0]["label"] != "PER" else "ORG"}
    return {"id": name, "text": f"{row['text']}。", "entities": [first, *row["entities"][1:]]}


def _answer(row: Row, rng: random.Random) -> Row:
    """Give a row with an error in every other sentence."""
    entities = [dict(entity) for entity in row["entities"]]
    if rng.random() < 0.5:
        entity, kind = rng.choice(entities), rng.random()
        if kind < 0.4:
            entities.remove(entity)
        elif kind < 0.7:
            entity["label"] = "LOC" if entity["label"] != "LOC" else "PER"
        elif kind < 0.9:
            entity["end"] -= 1
            entity["text"] = entity["text"][:-1]
        else:
            entities.append({"label": "PER", "text": row["text"][:2], "start": 0, "end": 2})
    return {**row, "entities": entities}
