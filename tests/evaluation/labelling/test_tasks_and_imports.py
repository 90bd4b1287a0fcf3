"""Tasks go to the tools and come back as the same gold, byte for byte; nothing that has no place is lost."""

import csv
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest

import nerforge as nf
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.domain import Entity, Sample, in_reading_order
from tests.evaluation.labelling.labelled import (
    as_argilla_exports_it,
    as_doccano_exports_it,
    as_label_studio_exports_it,
)

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared" / "real"
TASKS = {"label_studio": "tasks.json", "doccano": "tasks.jsonl", "argilla": "records.json"}
CONFIRM: dict[str, Callable[[Path, Path], Path]] = {
    "label_studio": as_label_studio_exports_it,
    "doccano": as_doccano_exports_it,
    "argilla": as_argilla_exports_it,
}
TOOLS = sorted(TASKS)
GOLD = [
    Sample("s 1", "😀 王海去👩‍👩‍👧上海市", (Entity("PER", "王海", 2, 4), Entity("GPE", "上海市", 10, 13))),
    Sample(
        "s/2",
        "今天\r\n青岛市供电公司",
        (Entity("ORG", "青岛市供电公司", 4, 11), Entity("GPE", "青岛市", 4, 7), Entity("LOC", "市供", 6, 8)),
        {"页": 3, "none": None},
    ),
    Sample("s3", "没有人"),
    Sample("s4", "李梅", (Entity("LOC", "李梅", 0, 2), Entity("PER", "李梅", 0, 2))),
]


def write_gold(path: Path, samples: Sequence[Sample]) -> Path:
    path.write_bytes(b"".join(encode_gold(samples)))
    return path


def there_and_back(folder: Path, tool: str, samples: Sequence[Sample], task: str | None = None) -> bytes:
    """Send gold to a tool, have it confirmed, and give what is imported, without the annotators' names."""
    gold = write_gold(folder / "gold.jsonl", samples)
    nf.export_tasks(gold, folder / "out", to=tool, task=task)
    export = CONFIRM[tool](folder / "out" / TASKS[tool], folder / f"export{Path(TASKS[tool]).suffix}")
    nf.import_annotations([export], folder / "back.jsonl")
    back = []
    for line in (folder / "back.jsonl").read_bytes().splitlines():
        sample = msgspec.json.decode(line, type=Sample)
        assert len(sample.meta["annotators"]) == 1
        meta = {key: value for key, value in sample.meta.items() if key != "annotators"}
        back.append(Sample(sample.id, sample.text, sample.entities, meta))
    return b"".join(encode_gold(back))


@pytest.mark.parametrize("tool", TOOLS)
def test_gold_comes_back_byte_for_byte(tmp_path: Path, tool: str) -> None:
    assert there_and_back(tmp_path, tool, GOLD) == b"".join(encode_gold(GOLD))


@pytest.mark.parametrize("tool", TOOLS)
def test_completed_and_normalised_values_come_back(tmp_path: Path, tool: str) -> None:
    samples = [
        Sample(
            "p1",
            "菏泽市意见总数",
            (
                Entity("Province", "山东省"),
                Entity("City", "菏泽", 0, 3),
                Entity("Company", "菏泽供电公司"),
                Entity("Indicator", "意见", 3, 5),
            ),
        )
    ]
    assert there_and_back(tmp_path, tool, samples, "power") == b"".join(encode_gold(samples))


@pytest.mark.slow(minutes=2)
@pytest.mark.whole
@pytest.mark.parametrize("tool", TOOLS)
def test_ten_thousand_real_texts_come_back_byte_for_byte(tmp_path: Path, tool: str) -> None:
    if not REAL.is_dir():
        pytest.skip(f"the published corpora are not at {REAL}")
    samples = mixed_texts(10_000)
    assert there_and_back(tmp_path, tool, samples) == b"".join(encode_gold(samples))


def mixed_texts(n: int) -> list[Sample]:
    """Put emoji and line ends into real texts, and entities in and across one another onto them."""
    rng, samples = random.Random(3), []
    with (REAL / "ccfbdci.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    for number in range(n):
        text = texts[number % len(texts)]
        for piece in rng.choices(["", "😀", "👩‍👩‍👧", "\r\n", "\n", "𠮷", "e\u0301", " "], k=3):
            at = rng.randint(0, len(text))
            text = text[:at] + piece + text[at:]
        entities = []
        for _ in range(rng.choice([0, 1, 2, 4])):
            start = rng.randrange(len(text))
            end = min(start + rng.randint(1, 12), len(text))
            entities.append(Entity(rng.choice(["PER", "地点", "A_b"]), text[start:end], start, end))
        meta = {"来源": number} if number % 3 else {}
        samples.append(Sample(f"t/{number}", text, in_reading_order(dict.fromkeys(entities)), meta))
    return samples


def predictions(path: Path, rows: Sequence[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def span(label: str, text: str, start: int | None, end: int | None, score: float) -> dict[str, object]:
    return {"label": label, "text": text, "start": start, "end": end, "score": score}


@pytest.mark.parametrize("tool", TOOLS)
def test_suggestions_carry_model_scores_and_what_has_no_place(tmp_path: Path, tool: str) -> None:
    gold = write_gold(tmp_path / "gold.jsonl", GOLD)
    found = predictions(
        tmp_path / "best.jsonl",
        [
            {"id": "s 1", "entities": [span("PER", "王海", 2, 4, 0.9), span("GPE", "北京", None, None, 0.2)]},
            {"id": "s/2", "entities": [span("GPE", "青岛市", 4, 7, 0.5)]},
            {"id": "s3", "entities": []},
        ],
    )
    summary = nf.export_tasks(gold, tmp_path / "out", to=tool, predictions=found)
    counts = summary.counts
    assert (counts.tasks, counts.suggested, counts.entities, counts.with_score) == (4, 3, 2, 2)
    assert (counts.missing, dict(counts.unplaced)) == (1, {"hallucinated": 1})
    written = (tmp_path / "out" / TASKS[tool]).read_text("utf-8")
    for said in ("北京", "hallucinated", "0.9", "0.2", "best"):
        assert said in written
    export = CONFIRM[tool](tmp_path / "out" / TASKS[tool], tmp_path / f"x{Path(TASKS[tool]).suffix}")
    read = nf.import_annotations([export], tmp_path / "back.jsonl").read
    first = json.loads((tmp_path / "back.jsonl").read_text("utf-8").splitlines()[0])
    assert [entity["text"] for entity in first["entities"]] == ["王海"]
    assert first["meta"]["not_in_text"] == [{"label": "GPE", "text": "北京", "kind": "hallucinated"}]
    assert read.kinds["entity without a place, kept in meta.not_in_text"] == 1


def test_answers_that_cannot_be_read_are_tasks_without_suggestions(tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "gold.jsonl", GOLD)
    rows = [
        {"id": "s 1", "output": "?!"},
        {"id": "s4", "output": '{"entity_text": "李梅", "entity_label": "PER"}'},
    ]
    found = predictions(tmp_path / "p.jsonl", rows)
    summary = nf.export_tasks(
        gold, tmp_path / "out", to="label_studio", predictions=found, format="json", model="m<1>"
    )
    assert (summary.counts.unreadable, summary.counts.missing, summary.counts.entities) == (1, 2, 1)
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text("utf-8"))
    assert [len(task.get("predictions", [])) for task in tasks] == [0, 0, 0, 1]
    assert tasks[3]["predictions"][0]["model_version"] == "m<1>"
    assert tasks[0]["meta"]["nerforge"]["outcome"] == "unparsable"
    assert tasks[0]["meta"]["nerforge"]["problems"]


def test_the_interface_of_label_studio_escapes_labels(tmp_path: Path) -> None:
    label = '"><Header value="x"/><L a="&'
    samples = [Sample("1", "王海", (Entity(label, "王海", 0, 2),))]
    from nerforge.evaluation.labelling.tasks.interfaces import label_studio_interface

    root = ElementTree.fromstring(label_studio_interface([samples[0].entities[0].label]))
    assert [element.get("value") for element in root.iter("Label")] == [label]
    assert not list(root.iter("Header"))


def test_argilla_gets_no_offsets_that_its_server_refuses(tmp_path: Path) -> None:
    samples = [
        Sample("1", "😀王海", (Entity("PER", "王海", 1, 3),)),
        Sample("2", "😀王海去", (Entity("PER", "王海", 1, 3),)),
    ]
    gold = write_gold(tmp_path / "gold.jsonl", samples)
    nf.export_tasks(gold, tmp_path / "out", to="argilla")
    first, second = json.loads((tmp_path / "out" / "records.json").read_text("utf-8"))
    assert first["suggestions"] == {}
    assert json.loads(first["metadata"]["nerforge"])["refused"] == [
        {"label": "PER", "start": 1, "end": 3, "value": "王海"}
    ]
    assert second["suggestions"]["entities"]["value"] == [{"start": 2, "end": 4, "label": "PER"}]


def test_rows_for_doccano_have_the_same_keys(tmp_path: Path) -> None:
    # Its import makes NaN of what a row lacks, and its database refuses that.
    gold = write_gold(tmp_path / "gold.jsonl", GOLD)
    nf.export_tasks(gold, tmp_path / "out", to="doccano")
    lines = (tmp_path / "out" / "tasks.jsonl").read_text("utf-8").splitlines()
    assert len({tuple(json.loads(line)) for line in lines}) == 1


def annotators(folder: Path, *said: Sequence[Sample]) -> list[Path]:
    return [write_gold(folder / f"{name}.jsonl", own) for name, own in zip("abcd", said, strict=False)]


A, B, C = Entity("PER", "王海", 0, 2), Entity("GPE", "上海", 3, 5), Entity("ORG", "上海", 3, 5)
TEXT = "王海去上海"
THREE = (
    [Sample("1", TEXT, (A, B), {"k": 1}), Sample("2", TEXT, (A,)), Sample("3", TEXT, (B,))],
    [Sample("1", TEXT, (A, C)), Sample("2", TEXT, (A,)), Sample("3", TEXT)],
    [Sample("1", TEXT, (B,)), Sample("2", TEXT, (A,))],
)


@pytest.mark.parametrize(
    ("rule", "expected", "dropped"),
    [
        ("majority", {"1": (A, B), "2": (A,), "3": ()}, (0, 2)),
        ("agree", {"2": (A,)}, (2, 0)),
        ("first", {"1": (A, B), "2": (A,), "3": (B,)}, (0, 1)),
    ],
)
def test_several_annotators_are_resolved(
    tmp_path: Path, rule: str, expected: dict[str, tuple[Entity, ...]], dropped: tuple[int, int]
) -> None:
    files = annotators(tmp_path, *THREE)
    summary = nf.import_annotations(files, tmp_path / "gold.jsonl", resolve_by=rule)
    rows = [msgspec.json.decode(x, type=Sample) for x in (tmp_path / "gold.jsonl").read_bytes().splitlines()]
    assert {row.id: row.entities for row in rows} == expected
    resolved = summary.resolved
    assert (resolved.dropped_sentences, resolved.dropped_entities) == dropped
    assert (resolved.by_several, resolved.differing) == (3, 2)
    assert rows[0].meta["annotators"] == ["a", "b", "c"]
    assert resolved.ties == (1 if rule == "majority" else 0)


def test_annotators_of_one_label_studio_export_are_told_apart(tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "gold.jsonl", GOLD)
    nf.export_tasks(gold, tmp_path / "out", to="label_studio")
    export = as_label_studio_exports_it(tmp_path / "out" / "tasks.json", tmp_path / "e.json", (1, 2))
    tasks = json.loads(export.read_text("utf-8"))
    tasks[0]["annotations"][1] |= {"result": [], "completed_by": {"id": 2, "email": "b@x.org"}}
    tasks[1]["annotations"][1] |= {"was_cancelled": True}
    tasks[2]["annotations"] = []
    export.write_text(json.dumps(tasks), encoding="utf-8")
    found = nf.agreement([export])
    assert found.annotators == ["1", "2", "b@x.org"]
    assert found.n_by_several == 2
    assert any("annotation that was cancelled" in note for note in found.notes)
    assert any("task without an annotation" in note for note in found.notes)


def test_one_id_with_two_texts_is_refused(tmp_path: Path) -> None:
    files = annotators(tmp_path, [Sample("1", "王海")], [Sample("1", "王海去")])
    with pytest.raises(UserError, match=r"b\.jsonl:1: id '1' has another text than at .*a\.jsonl:1"):
        nf.import_annotations(files, tmp_path / "gold.jsonl")


def test_spans_outside_of_the_text_are_counted(tmp_path: Path) -> None:
    task = {
        "id": 7,
        "data": {"text": "王海"},
        "annotations": [
            {
                "completed_by": 1,
                "result": [
                    {"type": "labels", "to_name": "text", "value": {"start": 1, "end": 9, "labels": ["PER"]}},
                    {"type": "labels", "to_name": "text", "value": {"start": 0, "end": 2, "labels": ["PER"]}},
                    {"type": "choices", "to_name": "text", "value": {"choices": ["x"]}},
                ],
            }
        ],
    }
    path = tmp_path / "e.json"
    path.write_text(json.dumps([task]), encoding="utf-8")
    read = nf.import_annotations([path], tmp_path / "gold.jsonl").read
    assert dict(read.kinds) == {"result that is no span": 1, "entity outside of the text, dropped": 1}
    assert json.loads((tmp_path / "gold.jsonl").read_text("utf-8"))["id"] == "7"


def test_what_was_chosen_to_be_labelled_is_no_annotation_yet(tmp_path: Path) -> None:
    # As an annotation without entities it would count as labelled in Label Studio.
    chosen = Sample("a", "王海去上海", (), {"next": {"rank": 1}})
    labelled = Sample("b", "今天下雨", (), {"next": {"rank": 2}, "annotators": ["1"]})
    gold = write_gold(tmp_path / "gold.jsonl", [chosen, labelled, Sample("c", "没有人"), Sample("d", "")])
    summary = nf.export_tasks(gold, tmp_path / "out", to="label_studio", task="labels:PER, 地点")
    tasks = json.loads((tmp_path / "out" / "tasks.json").read_text("utf-8"))
    assert [task.get("annotations") for task in tasks] == [None, [{"result": []}], [{"result": []}]]
    assert (summary.labels, summary.counts.blank, summary.counts.empty) == (["PER", "地点"], 1, ["d"])
    interface = (tmp_path / "out" / "interface.xml").read_text("utf-8")
    colours = [element.get("background") for element in ElementTree.fromstring(interface).iter("Label")]
    assert len(set(colours)) == 2 and all(str(colour).startswith("#") for colour in colours)


@pytest.mark.parametrize("tool", TOOLS)
def test_gold_may_be_labelled_again_from_nothing(tmp_path: Path, tool: str) -> None:
    gold = write_gold(tmp_path / "gold.jsonl", GOLD)
    summary = nf.export_tasks(gold, tmp_path / "out", to=tool, blank=True)
    assert (summary.counts.blank, summary.counts.entities) == (len(GOLD), 0)
    written = (tmp_path / "out" / TASKS[tool]).read_text("utf-8")
    assert "ORG" not in written and "annotations" not in written
    with pytest.raises(UsageError, match="pass one of them"):
        nf.export_tasks(gold, tmp_path / "x", to=tool, blank=True, predictions=gold)


def test_a_pool_is_sent_to_label_next_before_it_becomes_tasks(tmp_path: Path) -> None:
    pool = tmp_path / "pool.txt"
    pool.write_text("王海去上海\n", "utf-8")
    with pytest.raises(
        UserError, match=r"pool\.txt: is no gold; make it of sentences with `nerforge label next"
    ):
        nf.export_tasks(pool, tmp_path / "out", to="doccano")


FLAT = [
    {"text": "王海去上海", "id": 7, "sample_id": "s/1", "page": "3", "annotation_id": 1, "annotator": 1,
     "label": [{"start": 0, "end": 2, "text": "王海", "labels": ["PER"]}], "lead_time": 2.5},
    {"text": "王海去上海", "id": 7, "sample_id": "s/1", "page": "3", "annotation_id": 2,
     "annotator": "b@x.org", "lead_time": 1.0},
    {"text": "没有人", "id": 8, "sample_id": "s/2", "annotation_id": None, "annotator": None,
     "lead_time": None},
]  # fmt: skip


def test_json_min_names_annotators_and_gives_ids_back(tmp_path: Path) -> None:
    path = tmp_path / "min.json"
    path.write_text(json.dumps(FLAT), "utf-8")
    summary = nf.import_annotations([path], tmp_path / "gold.jsonl", resolve_by="first")
    assert summary.annotators == ["1", "b@x.org"]
    assert dict(summary.read.kinds) == {"task without an annotation": 1}
    (row,) = [
        msgspec.json.decode(x, type=Sample) for x in (tmp_path / "gold.jsonl").read_bytes().splitlines()
    ]
    assert (row.id, row.entities) == ("s/1", (Entity("PER", "王海", 0, 2),))
    assert row.meta == {"page": "3", "annotators": ["1", "b@x.org"]}
    assert nf.agreement([path]).n_by_several == 1


def test_csv_of_label_studio_is_read_as_json_min_is(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(FLAT[0]))
        writer.writeheader()
        writer.writerows({**row, "label": json.dumps(row.get("label", []))} for row in FLAT)
    summary = nf.import_annotations([path], tmp_path / "gold.jsonl", resolve_by="first")
    assert summary.annotators == ["1", "b@x.org"]
    assert summary.read.annotations == 2


def test_a_doccano_file_in_which_nothing_is_labelled_is_pointed_out(tmp_path: Path) -> None:
    # Without "Export only approved documents" doccano exports what a member never opened.
    path = tmp_path / "ben.jsonl"
    path.write_text('{"text": "王海", "label": [], "Comments": [], "id": "1"}\n', "utf-8")
    read = nf.import_annotations([path], tmp_path / "gold.jsonl", layout="doccano").read
    assert [kind for kind in read.kinds if "Export only approved documents" in kind]


@pytest.mark.whole
def test_tasks_of_an_audit_come_back_as_verdicts(tmp_path: Path) -> None:
    pytest.importorskip("pycrfsuite", reason="needs the baselines extra")
    nf.convert(ROOT / "data" / "samples" / "ccfbdci.jsonl", tmp_path / "gold.jsonl", to="gold")
    nf.audit(tmp_path / "gold.jsonl", folds=2, rounds=5, min_score=0.0, tasks=tmp_path / "t.json", n_tasks=5)
    export = as_label_studio_exports_it(tmp_path / "t.json", tmp_path / "export.json")
    summary = nf.import_annotations([export], tmp_path / "verdicts.jsonl", as_verdicts=True)
    assert summary.resolved.kept >= 1
    proposed = [
        [
            (x["value"]["start"], x["value"]["end"], x["value"]["labels"])
            for x in task["predictions"][0]["result"]
        ]
        for task in json.loads((tmp_path / "t.json").read_text("utf-8"))
    ]
    report = nf.relabel(tmp_path / "gold.jsonl", [tmp_path / "verdicts.jsonl"], tmp_path / "mended.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "verdicts.jsonl").read_text("utf-8").splitlines()]
    said = [[(e["start"], e["end"], [e["label"]]) for e in row["entities"]] for row in rows]
    assert sorted(map(sorted, said)) == sorted(map(sorted, proposed))
    assert report.changed == len(rows)


def test_options_of_predictions_need_predictions(tmp_path: Path) -> None:
    gold = write_gold(tmp_path / "gold.jsonl", GOLD)
    with pytest.raises(UsageError, match="need --pred"):
        nf.export_tasks(gold, tmp_path / "out", to="argilla", model="m")
    with pytest.raises(UsageError, match="unknown tool 'prodigy'; known: argilla, doccano, label_studio"):
        nf.export_tasks(gold, tmp_path / "out", to="prodigy")
