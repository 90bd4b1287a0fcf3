"""10,000 odd texts come back byte for byte from the code with which the tools import and export.

Label Studio's is in the dev extra. doccano and Argilla want versions of other packages than ours, so each has
an environment of its own, which a variable names:

    uv venv --python 3.11 doccano && uv pip install --python doccano/bin/python doccano==1.8.4
    uv venv --python 3.11 argilla && uv pip install --python argilla/bin/python argilla==2.8.0
    NERFORGE_DOCCANO=doccano/bin/python NERFORGE_ARGILLA=argilla/bin/python \
      python -m pytest tests/evaluation/labelling/test_round_trips_in_tools.py
"""

import json
import os
import subprocess
import warnings
from pathlib import Path
from typing import Any

import pytest

import nerforge as nf
from nerforge.generators.datasets.entity_gold import encode_gold
from tests.evaluation.labelling.odd_texts import LABELS, odd_samples, without_annotators, without_meta

ROOT = Path(__file__).parents[3]
N_TEXTS = int(os.environ.get("NERFORGE_ROUND_TRIPS", "10000"))
pytestmark = [pytest.mark.whole, pytest.mark.slow(minutes=1)]


def sdk(name: str) -> Any:
    """Import a module of Label Studio's SDK, whose own code is deprecated in places."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(f"label_studio_sdk.{name}", reason="needs the dev extra")


def outside(variable: str, script: str, *args: Path) -> str:
    """Run a script with the Python of another environment."""
    python = os.environ.get(variable)
    if not python:
        pytest.skip(f"{variable} names no Python; the head of this file says how to make it one")
    # Of pytest's own environment nothing must be seen there.
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    command = [python, str(ROOT / "tests" / "outside" / script), *map(str, args)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3_000:]
    return done.stdout


@pytest.fixture(scope="module")
def samples() -> list[nf.Sample]:
    return odd_samples(N_TEXTS)


def exported(folder: Path, samples: list[nf.Sample], tool: str) -> Path:
    gold = folder / "gold.jsonl"
    gold.write_bytes(b"".join(encode_gold(samples)))
    nf.export_tasks(gold, folder / "out", to=tool)
    return folder / "out"


def imported(path: Path) -> bytes:
    nf.import_annotations([path], path.parent / "back.jsonl")
    return (path.parent / "back.jsonl").read_bytes()


def as_the_server_exports(tasks: Path) -> list[dict[str, Any]]:
    """Number tasks and annotations, as Label Studio's server does."""
    rows: list[dict[str, Any]] = json.loads(tasks.read_text("utf-8"))
    for number, row in enumerate(rows, start=1):
        row["id"] = number
        for annotation in row["annotations"]:
            annotation |= {"id": 10 * number, "completed_by": {"id": 1, "email": "anna@example.org"}}
            annotation |= {"created_at": "2025-03-04T05:06:07Z", "updated_at": "2025-03-04T05:06:07Z"}
    return rows


def test_label_studio_validates_all_and_its_json_comes_back(tmp_path: Path, samples: list[nf.Sample]) -> None:
    out = exported(tmp_path, samples, "label_studio")
    interface = sdk("label_interface").LabelInterface((out / "interface.xml").read_text("utf-8"))
    interface.validate()
    tasks = as_the_server_exports(out / "tasks.json")
    assert len(tasks) == len(samples)
    for task in tasks:
        assert interface.validate_task({"data": task["data"]})
        assert all(interface.validate_annotation({"result": x["result"]}) for x in task["annotations"])
    (tmp_path / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    back = imported(tmp_path / "export.json")
    assert b"".join(encode_gold(without_annotators(back))) == b"".join(encode_gold(samples))


@pytest.mark.parametrize(
    ("convert", "options", "file"),
    [("convert_to_json_min", {}, "result.json"), ("convert_to_csv", {"sep": ","}, "result.csv")],
    ids=["json_min", "csv"],
)
def test_what_label_studio_converts_comes_back(
    tmp_path: Path, samples: list[nf.Sample], convert: str, options: dict[str, str], file: str
) -> None:
    out = exported(tmp_path, samples, "label_studio")
    (tmp_path / "export.json").write_text(json.dumps(as_the_server_exports(out / "tasks.json")), "utf-8")
    interface = (out / "interface.xml").read_text("utf-8")
    converter = sdk("converter").Converter(interface, str(tmp_path), download_resources=False)
    getattr(converter, convert)(
        str(tmp_path / "export.json"), str(tmp_path / "converted"), is_dir=False, **options
    )
    back = without_annotators(imported(tmp_path / "converted" / file))
    # Neither has a place for metadata.
    assert b"".join(encode_gold(back)) == b"".join(encode_gold(without_meta(samples)))


def test_doccano_imports_all_and_its_export_comes_back(tmp_path: Path, samples: list[nf.Sample]) -> None:
    out = exported(tmp_path, samples, "doccano")
    work = tmp_path / "doccano"
    said = outside("NERFORGE_DOCCANO", "doccano_loop.py", out / "tasks.jsonl", out / "labels.json", work)
    found = json.loads(said.splitlines()[-1])
    assert found["refused"] == []
    assert sorted(found["colours"]) == sorted(LABELS)
    assert len(set(found["colours"].values())) == len(LABELS)
    back = without_annotators(imported(work / "anna.jsonl"))
    assert b"".join(encode_gold(back)) == b"".join(encode_gold(samples))


def test_argillas_client_loads_all_and_its_export_comes_back(
    tmp_path: Path, samples: list[nf.Sample]
) -> None:
    out = exported(tmp_path, samples, "argilla")
    outside("NERFORGE_ARGILLA", "argilla_loop.py", out, tmp_path / "export.json")
    back = without_annotators(imported(tmp_path / "export.json"))
    assert b"".join(encode_gold(back)) == b"".join(encode_gold(samples))


N_SUGGESTED = 200


def suggested(folder: Path, samples: list[nf.Sample], tool: str) -> Path:
    """Export the entities of samples as a model's, with scores that tell them apart."""
    gold, found = folder / "gold.jsonl", folder / "best.jsonl"
    gold.write_bytes(b"".join(encode_gold(without_meta(samples))))
    rows = [
        {
            "id": sample.id,
            "entities": [
                {"label": e.label, "text": e.text, "start": e.start, "end": e.end, "score": (at + 1) / 16}
                for at, e in enumerate(sample.entities)
            ],
        }
        for sample in samples
    ]
    found.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    nf.export_tasks(gold, folder / "out", to=tool, predictions=found)
    return folder / "out"


def test_label_studio_validates_suggestions_with_scores(tmp_path: Path) -> None:
    samples = odd_samples(N_SUGGESTED)
    out = suggested(tmp_path, samples, "label_studio")
    interface = sdk("label_interface").LabelInterface((out / "interface.xml").read_text("utf-8"))
    tasks = json.loads((out / "tasks.json").read_text("utf-8"))
    for task, sample in zip(tasks, samples, strict=True):
        (prediction,) = task["predictions"]
        assert interface.validate_prediction(prediction, return_errors=True) == []
        scores = [result["score"] for result in prediction["result"]]
        assert sorted(scores) == [(at + 1) / 16 for at in range(len(sample.entities))]
        assert prediction["model_version"] == "best"
        assert not scores or prediction["score"] == pytest.approx(sum(scores) / len(scores))


def test_doccano_keeps_scores_in_the_metadata(tmp_path: Path) -> None:
    samples = odd_samples(N_SUGGESTED)
    out = suggested(tmp_path, samples, "doccano")
    outside("NERFORGE_DOCCANO", "doccano_loop.py", out / "tasks.jsonl", out / "labels.json", tmp_path / "d")
    # U+2028 ends no line of JSON.
    lines = (tmp_path / "d" / "anna.jsonl").read_text("utf-8").rstrip("\n").split("\n")
    assert len(lines) == len(samples)
    for line, sample in zip(lines, samples, strict=True):
        details = json.loads(line)["meta"]["nerforge"]
        assert details["model"] == "best"
        assert len(details.get("scores", [])) == len(sample.entities)


def test_argilla_keeps_a_score_for_each_suggested_span(tmp_path: Path) -> None:
    samples = odd_samples(N_SUGGESTED)
    out = suggested(tmp_path, samples, "argilla")
    outside("NERFORGE_ARGILLA", "argilla_loop.py", out, tmp_path / "export.json")
    n_scores = 0
    for record in json.loads((tmp_path / "export.json").read_text("utf-8")):
        if suggestion := record["suggestions"].get("entities"):
            assert len(suggestion["score"]) == len(suggestion["value"])
            assert suggestion["agent"] == "best"
            n_scores += len(suggestion["score"])
    assert n_scores > N_SUGGESTED
