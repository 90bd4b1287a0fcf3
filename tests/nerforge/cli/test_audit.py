"""``nerforge audit`` and ``nf.audit``."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import nerforge as nf
from nerforge.cli import main
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.domain import Entity, Sample

QUICK = ("--folds", 3, "--rounds", 4)
SURNAMES = "王李张刘陈杨赵黄周吴"
GIVEN = "伟芳娜敏静丽强磊军洋"
CITIES = ("上海", "青岛", "南京", "苏州", "成都")


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def sentence(n: int) -> Sample:
    """Make a sentence with a person and a city."""
    person = SURNAMES[n % 10] + GIVEN[n // 10 % 10]
    city = CITIES[n % 5]
    head = ("昨天", "上周", "今年春天")[n % 3]
    text = f"{head}{person}从{city}{('回来了', '寄来一封信', '打来电话')[n // 3 % 3]}第{n}次"
    at = len(head)
    entities = (Entity("PER", person, at, at + 2), Entity("GPE", city, at + 3, at + 5))
    return Sample(f"row-{n:03d}", text, entities)


WRONG_LABEL, TOO_LONG, MISSING = 17, 40, 66


def faulty() -> list[Sample]:
    """Make gold with three errors."""
    samples = [sentence(n) for n in range(120)]
    for n in (WRONG_LABEL, TOO_LONG, MISSING):
        sample = samples[n]
        person, city = sample.entities
        assert city.start is not None and city.end is not None
        wrong = {
            WRONG_LABEL: (person, Entity("PER", city.text, city.start, city.end)),
            TOO_LONG: (
                person,
                Entity("GPE", sample.text[city.start : city.end + 1], city.start, city.end + 1),
            ),
            MISSING: (person,),
        }[n]
        samples[n] = Sample(sample.id, sample.text, wrong)
    return samples


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audit") / "gold.jsonl"
    path.write_bytes(b"".join(encode_gold(faulty())))
    return path


@pytest.fixture(scope="module")
def audited(gold: Path) -> Result:
    done = run(
        "audit", gold, *QUICK, "--models", gold.parent / "models", "--out", gold.parent / "audit.jsonl"
    )
    assert done.exit_code == 0, done.output
    return done


def test_the_errors_of_gold_stand_first_with_their_mending(gold: Path, audited: Result) -> None:
    rows = [json.loads(line) for line in (gold.parent / "audit.jsonl").read_text("utf-8").splitlines()]
    assert [row["rank"] for row in rows] == [*range(1, len(rows) + 1)]
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    assert set(rows[0]) == {"id", "rank", "score", "kind", "reason", "gold", "proposed"}
    first = {row["id"]: row for row in rows[:3]}
    assert {name: row["kind"] for name, row in first.items()} == {
        f"row-{WRONG_LABEL:03d}": "label",
        f"row-{TOO_LONG:03d}": "right",
        f"row-{MISSING:03d}": "missing",
    }
    for n in (WRONG_LABEL, TOO_LONG, MISSING):
        city = sentence(n).entities[1]
        mended = first[f"row-{n:03d}"]["proposed"]
        assert (mended["label"], mended["start"], mended["end"]) == (city.label, city.start, city.end)
    assert all("the CRF of the other folds reads it so" in row["reason"] for row in first.values())


def test_a_table_and_counts_are_printed(audited: Result) -> None:
    assert "120 sentences, 239 mentions" in audited.stdout
    assert "findings with a score of at least 0.05" in audited.stdout
    assert "row-017" in audited.stdout


def test_scores_of_few_mentions_come_with_a_warning(audited: Result) -> None:
    assert "239 mentions teach a CRF little, so scores say little: read the order only" in audited.stderr


def test_the_same_seed_gives_the_same_findings_and_kept_models_are_used(
    gold: Path, audited: Result, tmp_path: Path
) -> None:
    out = tmp_path / "again.jsonl"
    models = gold.parent / "models"
    before = {path: path.stat().st_mtime_ns for path in models.iterdir()}
    done = run("audit", gold, *QUICK, "--models", models, "--out", out)
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == (gold.parent / "audit.jsonl").read_bytes()
    assert {path: path.stat().st_mtime_ns for path in models.iterdir()} == before


def test_predictions_are_evidence_and_findings_become_tasks(
    gold: Path, audited: Result, tmp_path: Path
) -> None:
    pred = tmp_path / "pred.jsonl"
    pred.write_bytes(b"".join(encode_gold(sentence(n) for n in range(120))))
    tasks = tmp_path / "tasks.json"
    found = nf.audit(
        gold,
        predictions=[pred],
        folds=3,
        rounds=4,
        models=gold.parent / "models",
        tasks=tasks,
        n_tasks=3,
    )
    assert all("predicted so by pred.jsonl" in finding.reason for finding in found.findings[:3])
    rows = json.loads(tasks.read_text("utf-8"))
    assert len(rows) == 3
    spans = [
        (x["value"]["start"], x["value"]["end"], x["value"]["labels"])
        for x in rows[0]["predictions"][0]["result"]
    ]
    right = sentence(int(found.findings[0].id[-3:]))
    assert spans == [(x.start, x.end, [x.label]) for x in right.entities]


def test_an_annotated_file_of_another_layout_is_audited(audited: Result, gold: Path, tmp_path: Path) -> None:
    other = tmp_path / "gold.conll"
    assert run("convert", gold, "--to", "conll", other).exit_code == 0
    done = run("audit", other, *QUICK, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["samples"], found["mentions"]) == (120, 239)
    assert {row["kind"] for row in found["findings"][:3]} == {"label", "right", "missing"}


def test_too_little_gold_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"".join(encode_gold([sentence(1)])))
    done = run("audit", path)
    assert done.exit_code == 1
    assert "1 sentences with 2 mentions are too few" in done.stderr


def test_labels_of_whole_texts_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"id": "a", "text": "好", "label": "x"}\n', encoding="utf-8")
    done = run("audit", path)
    assert done.exit_code == 1
    assert "Traceback" not in done.output


def test_what_lies_there_is_not_replaced_without_being_asked(gold: Path, audited: Result) -> None:
    done = run("audit", gold, "--out", gold.parent / "audit.jsonl")
    assert done.exit_code == 1
    assert "--overwrite" in done.stderr
