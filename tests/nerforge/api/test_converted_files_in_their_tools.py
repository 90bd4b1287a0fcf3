"""What is written for a tool is right by that tool's own code."""

import json
import warnings
from pathlib import Path
from typing import Any

import msgspec
import pytest

import nerforge as nf
from nerforge.generators.datasets.entity_gold import encode_gold

ENTITY = nf.Entity
SAMPLES = [
    nf.Sample(
        "t-1", "😀 王海 去 👩‍👩‍👧 上海市", (ENTITY("PER", "王海", 2, 4), ENTITY("GPE", "上海市", 13, 16))
    ),
    nf.Sample("t-2", "今天\r\n李梅 休息", (ENTITY("PER", "李梅", 4, 6),), {"page": 3}),
    nf.Sample(
        "t-3", "青岛市 供电公司", (ENTITY("ORG", "青岛市 供电公司", 0, 8), ENTITY("GPE", "青岛市", 0, 3))
    ),
    nf.Sample("t-4", "没有 人"),
]
LABELS = ["GPE", "ORG", "PER"]
INTERFACE = (
    '<View><Labels name="label" toName="text">'
    + "".join(f'<Label value="{label}"/>' for label in LABELS)
    + '</Labels><Text name="text" value="$text"/></View>'
)


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"".join(encode_gold(SAMPLES)))
    return path


def sdk(name: str) -> Any:
    """Import a module of Label Studio's SDK, whose own code is deprecated in places."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(f"label_studio_sdk.{name}", reason="needs the dev extra")


def tasks_of(path: Path) -> list[dict[str, Any]]:
    tasks: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return tasks


@pytest.mark.whole
def test_label_studio_validates_annotations(tmp_path: Path, gold: Path) -> None:
    interface = sdk("label_interface").LabelInterface(INTERFACE)
    nf.convert(gold, tmp_path / "tasks.json", to="label_studio")
    tasks = tasks_of(tmp_path / "tasks.json")
    assert len(tasks) == len(SAMPLES)
    for task in tasks:
        assert interface.validate_task({"data": task["data"]})
        assert all(interface.validate_annotation(annotation) for annotation in task["annotations"])
    broken = dict(tasks[0]["annotations"][0]["result"][0], type="brush")
    assert not interface.validate_annotation({"result": [broken]})


@pytest.mark.whole
def test_label_studio_validates_pre_annotations_with_scores(tmp_path: Path, gold: Path) -> None:
    interface = sdk("label_interface").LabelInterface(INTERFACE)
    rows = [
        {
            "id": sample.id,
            "entities": [msgspec.to_builtins(entity) | {"score": 0.5} for entity in sample.entities],
        }
        for sample in SAMPLES
    ]
    spans = tmp_path / "spans.jsonl"
    spans.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    summary = nf.convert(
        spans, tmp_path / "pre.json", to="label_studio", gold=gold, model="best", split="test"
    )
    assert summary.n_entities == 5
    for task, sample in zip(tasks_of(tmp_path / "pre.json"), SAMPLES, strict=True):
        (prediction,) = task["predictions"]
        assert not task.get("annotations")
        assert interface.validate_prediction(prediction, return_errors=True) == []
        assert prediction["model_version"] == "best"
        assert [result["score"] for result in prediction["result"]] == [0.5] * len(sample.entities)


@pytest.mark.whole
def test_label_studios_converter_finds_the_entities_of_texts_with_emoji(tmp_path: Path, gold: Path) -> None:
    converter = sdk("converter").Converter(INTERFACE, str(tmp_path), download_resources=False)
    nf.convert(gold, tmp_path / "tasks.json", to="label_studio")
    # As its server exports them: a task and an annotation have a number.
    tasks = [dict(task, id=number) for number, task in enumerate(tasks_of(tmp_path / "tasks.json"), start=1)]
    for task in tasks:
        for annotation in task["annotations"]:
            annotation |= {"id": task["id"], "completed_by": {"id": 1, "email": ""}}
    (tmp_path / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    converter.convert_to_conll2003(str(tmp_path / "export.json"), str(tmp_path / "out"), is_dir=False)
    lines = (tmp_path / "out" / "result.conll").read_text("utf-8").splitlines()
    tagged = [(line.split(" ")[0], line.split(" ")[-1]) for line in lines if line and "DOCSTART" not in line]
    assert [pair for pair in tagged if pair[1] != "O"] == [
        ("王海", "B-PER"),
        ("上海市", "B-GPE"),
        ("李梅", "B-PER"),
        ("青岛市", "B-ORG"),
        ("供电公司", "I-ORG"),
    ]


@pytest.mark.whole
def test_spacy_loads_the_same_spans(tmp_path: Path, gold: Path) -> None:
    tokens = pytest.importorskip("spacy.tokens", reason="needs the spacy extra")
    spacy = pytest.importorskip("spacy")
    nf.convert(gold, tmp_path / "gold.spacy", to="spacy")
    docs = list(tokens.DocBin().from_disk(tmp_path / "gold.spacy").get_docs(spacy.blank("zh").vocab))
    assert [doc.text for doc in docs] == [sample.text for sample in SAMPLES]
    for doc, sample in zip(docs, SAMPLES, strict=True):
        groups = [doc.ents, *doc.spans.values()]
        found = {(span.label_, span.start_char, span.end_char) for group in groups for span in group}
        assert found == {(entity.label, entity.start, entity.end) for entity in sample.entities}
