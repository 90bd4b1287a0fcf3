"""Spans beside other scorers and beside answers: seqeval, the published corpora, a CRF, ``compare``."""

import json
import random
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.evaluation.scores.entity_scores import score_files
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.datasets.entity_gold import encode_gold, read_gold
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import load_task

REAL = Path(__file__).parents[3].parent / "shared" / "real"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason=f"the published corpora are not at {REAL}")
NEWS = load_task("ccfbdci")


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def write_gold(path: Path, samples: list[Sample]) -> Path:
    path.write_bytes(b"".join(encode_gold(samples)))
    return path


def random_tags(rng: random.Random, n: int) -> list[str]:
    tags = ["O"]
    for _ in range(n):
        label = rng.choice(["PER", "LOC", "ORG"])
        goes_on = tags[-1] != "O" and rng.random() < 0.5
        tags.append(f"I-{tags[-1][2:]}" if goes_on else rng.choice(["O", f"B-{label}"]))
    return tags[1:]


def entities_of(tags: list[str], text: str) -> tuple[Entity, ...]:
    found = []
    for start, tag in enumerate(tags):
        if tag[0] == "B":
            end = start + 1
            while end < len(tags) and tags[end][0] == "I":
                end += 1
            found.append(Entity(tag[2:], text[start:end], start, end))
    return tuple(found)


def test_tags_of_another_model_score_as_seqeval_scores_them(tmp_path: Path) -> None:
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    rng = random.Random(7)
    texts = ["".join(rng.choices("甲乙丙丁戊己庚辛", k=rng.randint(5, 20))) + str(n) for n in range(60)]
    gold = [random_tags(rng, len(text)) for text in texts]
    pred = [tags if rng.random() < 0.4 else random_tags(rng, len(tags)) for tags in gold]
    samples = [
        Sample(f"g{n}", text, entities_of(tags, text))
        for n, (text, tags) in enumerate(zip(texts, gold, strict=True))
    ]
    sentences = ["\n".join(map(" ".join, zip(*pair, strict=True))) for pair in zip(texts, pred, strict=True)]
    conll = tmp_path / "pred.conll"
    conll.write_text("\n\n".join(sentences) + "\n", encoding="utf-8")
    scores, _ = score_files(write_gold(tmp_path / "g", samples), conll, NEWS, "json", n_bootstrap=0)
    report = classification_report(gold, pred, mode="strict", scheme=IOB2, output_dict=True, zero_division=0)
    ours = scores.criteria["strict"]
    for label in ("PER", "LOC", "ORG"):
        assert ours.per_label[label].f1 == pytest.approx(report[label]["f1-score"], abs=1e-12)
    assert ours.micro.f1 == pytest.approx(report["micro avg"]["f1-score"], abs=1e-12)
    assert 0.2 < ours.micro.f1 < 0.9


@pytest.mark.whole
@needs_real
@pytest.mark.parametrize("name", ["ccfbdci", "cmeee"])
def test_a_published_corpus_scored_against_itself_is_right(name: str, tmp_path: Path) -> None:
    task = load_task(name)
    head = tmp_path / f"{name}.jsonl"
    with (REAL / f"{name}.jsonl").open(encoding="utf-8") as file:
        head.write_text("".join(islice(file, 400)), encoding="utf-8")
    corpus = Corpus(head, task)
    report = corpus.report()
    samples = {sample.text: sample for sample, _ in corpus.samples(report) if sample}
    assert report.rows == 400
    gold = write_gold(tmp_path / "g.jsonl", list(samples.values()))
    rows = {row["text"]: row for row in map(json.loads, head.read_text(encoding="utf-8").splitlines())}
    pred = write(tmp_path / "p.jsonl", [rows[text] for text in samples])
    scores, _ = score_files(gold, pred, task, "json", n_bootstrap=0)
    assert scores.criteria["strict"].micro.f1 == 1.0
    assert scores.outcomes["missing"] == 0
    assert set(scores.problems) <= {"offsets_moved", "repeated"}


@pytest.mark.whole
@needs_real
def test_a_crfs_spans_score_as_its_answers_and_stand_beside_them_in_compare(tmp_path: Path) -> None:
    corpus, data = tmp_path / "c.jsonl", tmp_path / "data"
    with (REAL / "ccfbdci.jsonl").open(encoding="utf-8") as file:
        corpus.write_text("".join(islice(file, 300)), encoding="utf-8")
    made = run(
        "generate", "ccfbdci", "--input", corpus, "--format", "occurrence", "--test", 0.3, "--out", data
    )
    assert made.exit_code == 0, made.output
    answers, gold = tmp_path / "crf.jsonl", data / "gold" / "test.jsonl"
    assert run("baseline", "crf", "--data", data, "--out", answers).exit_code == 0
    said = load_format("occurrence")
    logged = {row["id"]: row["output"] for row in map(json.loads, answers.read_text("utf-8").splitlines())}
    rows = []
    for sample in read_gold(gold, NEWS.schema):
        found = said.decode(logged[sample.id], sample.text, NEWS.schema).entities
        rows.append({"text": sample.text, "entities": [[e.start, e.end, e.label] for e in found]})
    spans = write(tmp_path / "spans.jsonl", rows)
    files = {answers: tmp_path / "a.json", spans: tmp_path / "s.json"}
    for pred, out in files.items():
        scored = run("score", "--gold", gold, "--pred", pred, "--bootstrap", 20, "--out", out)
        assert scored.exit_code == 0, scored.output
    ours, theirs = (json.loads(files[pred].read_text("utf-8")) for pred in (spans, answers))
    for key in ("criteria", "slices", "confusion", "compatible", "sample_exact_match", "samples", "outcomes"):
        assert ours[key] == theirs[key], key
    assert ours["criteria"]["strict"]["micro"]["tp"] > 0
    compared = run("compare", files[answers], files[spans], "--resamples", 50, "--json")
    assert compared.exit_code == 0, compared.output
    assert json.loads(compared.stdout)["comparisons"][0]["difference"] == 0


def test_score_takes_spans_without_a_format_and_shows_what_they_stated(tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "g.jsonl", [Sample("a", "张伟在家", (Entity("PER", "张伟", 0, 2),))])
    pred = write(tmp_path / "p.jsonl", [{"text": "张伟在家", "entities": [[2, 4, "LOC"]]}])
    options = ("score", "--gold", gold, "--pred", pred, "--task", "ccfbdci", "--bootstrap", 0)
    shown = run(*options, "--errors", 1)
    assert shown.exit_code == 0, shown.output
    assert "\n  [-张伟-PER][+在家+LOC]\n" in shown.stdout
    assert "\n  too much  LOC 在家 2-4: gold has no entity here\n" in shown.stdout
    assert "spans of layout doccano: offsets count characters from 0, end exclusive" in shown.stderr
    assert run(*options, "--fail-under", 0.5).exit_code == 3
    told = run(*options, "--format", "xml")
    assert (told.exit_code, "--format xml is for answers" in told.stderr) == (0, True)
    for option in (("--by-position",), ("--repeats", "first")):
        refused = run(*options, *option)
        assert (refused.exit_code, f"{option[0]} cannot be used" in refused.stderr) == (2, True)
    refused = run(*options, "--pred-layout", "nerforge", "--pred-model", "x")
    assert (refused.exit_code, "--pred-model is for files of spans" in refused.stderr) == (2, True)
