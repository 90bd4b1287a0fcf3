"""Real sentences in the files of many tools, written here as plainly as can be, and read back the same.

Nothing of the project writes these files: what a format says is said a second time here, from its own
documentation, so that a reader and a writer of ours cannot be wrong together.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nerforge.generators.corpora.corpus import Corpus

REAL = Path(__file__).parents[3].parent / "shared" / "real"
pytestmark = pytest.mark.skipif(
    not REAL.is_dir(), reason="the real corpora of the shared folder are not here"
)
N_ROWS = 400


class Span(NamedTuple):
    label: str
    start: int
    end: int
    """Behind the last character."""


class Said(NamedTuple):
    text: str
    spans: tuple[Span, ...]


def ccfbdci() -> list[Said]:
    """Give rows without white space, which a file of characters can say too; published ends are exclusive."""
    rows = []
    with (REAL / "ccfbdci.jsonl").open(encoding="utf-8") as file:
        for row in map(json.loads, file):
            spans = {Span(e["entity_label"], e["start_idx"], e["end_idx"]) for e in row["entities"]}
            if not any(char.isspace() for char in row["text"]) and (spans or len(rows) % 3 == 0):
                rows.append(Said(row["text"], tuple(sorted(spans, key=lambda s: s.start))))
    return [row for row in rows if is_flat(row)][:N_ROWS]


def cmeee() -> list[Said]:
    """Give rows with nested entities, too; the published ends are two below the exclusive ones."""
    with (REAL / "cmeee.jsonl").open(encoding="utf-8") as file:
        rows = list(map(json.loads, islice(file, N_ROWS)))
    return [
        Said(
            row["text"],
            tuple({Span(e["entity_label"], e["start_idx"], e["end_idx"] + 2): None for e in row["entities"]}),
        )
        for row in rows
    ]


def is_flat(row: Said) -> bool:
    return all(a.end <= b.start for a, b in zip(row.spans, row.spans[1:], strict=False))


def tags(row: Said, begin: str = "B", inside: str = "I", end: str = "I", single: str = "B") -> list[str]:
    found = ["O"] * len(row.text)
    for label, start, stop in row.spans:
        prefixes = [begin, *[inside] * (stop - start - 2), end] if stop - start > 1 else [single]
        found[start:stop] = [f"{prefix}-{label}" for prefix in prefixes]
    return found


def iob1(row: Said) -> list[str]:
    """B only where an entity touches one of the same label before it."""
    ends = {(label, stop) for label, _, stop in row.spans}
    found = ["O"] * len(row.text)
    for label, start, stop in row.spans:
        found[start:stop] = [f"I-{label}"] * (stop - start)
        if (label, start) in ends:
            found[start] = f"B-{label}"
    return found


def columns(rows: Iterable[Said], line: Callable[[int, str, str], str], scheme: Any = tags) -> str:
    blocks = (
        "".join(
            line(n, char, tag) + "\n"
            for n, (char, tag) in enumerate(zip(row.text, scheme(row), strict=True), 1)
        )
        for row in rows
    )
    return "\n".join(blocks)


def lines(objects: Iterable[Any]) -> str:
    return "".join(json.dumps(x, ensure_ascii=False) + "\n" for x in objects)


def bio(rows: list[Said]) -> str:
    return columns(rows, lambda n, char, tag: f"{char}\t{tag}")


def bio_with_spaces_and_crlf(rows: list[Said]) -> str:
    return "\ufeff" + columns(rows, lambda n, char, tag: f"{char} {tag}").replace("\n", "\r\n")


def bmes(rows: list[Said]) -> str:
    return columns(rows, lambda n, char, tag: f"{char} {tag}", lambda row: tags(row, "B", "M", "E", "S"))


def bioes(rows: list[Said]) -> str:
    return columns(rows, lambda n, char, tag: f"{char}\t{tag}", lambda row: tags(row, "B", "I", "E", "S"))


def iob1_with_pos(rows: list[Said]) -> str:
    return columns(rows, lambda n, char, tag: f"{char} NN I-NP {tag}", iob1)


def numbered(rows: list[Said]) -> str:
    return columns(rows, lambda n, char, tag: f"{n}\t{char}\t_\t{tag}")


def tag_first(rows: list[Said]) -> str:
    return columns(rows, lambda n, char, tag: f"{tag}\t{char}")


def suffixes(rows: list[Said]) -> str:
    def line(n: int, char: str, tag: str) -> str:
        prefix, _, label = tag.partition("-")
        return f"{char}\t{label}-{prefix}" if label else f"{char}\tO"

    return columns(rows, line)


def inline_pairs(rows: list[Said]) -> str:
    return "".join(
        " ".join(f"{c}/{t}" for c, t in zip(row.text, tags(row), strict=True)) + "\n" for row in rows
    )


def tokens_and_tags(rows: list[Said]) -> str:
    return lines({"id": str(n), "tokens": list(r.text), "ner_tags": tags(r)} for n, r in enumerate(rows))


def w2ner(rows: list[Said]) -> str:
    return json.dumps(
        [
            {
                "sentence": list(r.text),
                "ner": [{"index": list(range(s.start, s.end)), "type": s.label} for s in r.spans],
                "word": [],
            }
            for r in rows
        ],
        ensure_ascii=False,
    )


def gliner(rows: list[Said]) -> str:
    return json.dumps(
        [
            {"tokenized_text": list(r.text), "ner": [[s.start, s.end - 1, s.label] for s in r.spans]}
            for r in rows
        ]
    )


def cluener(rows: list[Said]) -> str:
    written = []
    for r in rows:
        labels: dict[str, dict[str, list[list[int]]]] = {}
        for s in r.spans:
            labels.setdefault(s.label, {}).setdefault(r.text[s.start : s.end], []).append(
                [s.start, s.end - 1]
            )
        written.append({"text": r.text, "label": labels})
    return lines(written)


def cblue(rows: list[Said]) -> str:
    """The official files: an array, ends inclusive."""
    entities = [
        [
            {"start_idx": s.start, "end_idx": s.end - 1, "type": s.label, "entity": r.text[s.start : s.end]}
            for s in r.spans
        ]
        for r in rows
    ]
    return json.dumps(
        [{"text": r.text, "entities": e} for r, e in zip(rows, entities, strict=True)], ensure_ascii=False
    )


def doccano(rows: list[Said]) -> str:
    return lines(
        {"id": n, "text": r.text, "label": [[s.start, s.end, s.label] for s in r.spans], "Comments": []}
        for n, r in enumerate(rows, start=1)
    )


def doccano_relations(rows: list[Said]) -> str:
    return lines(
        {
            "id": n,
            "text": r.text,
            "entities": [
                {"id": k, "label": s.label, "start_offset": s.start, "end_offset": s.end}
                for k, s in enumerate(r.spans)
            ],
            "relations": [],
        }
        for n, r in enumerate(rows, start=1)
    )


def studio_result(row: Said, span: Span) -> dict[str, Any]:
    return {
        "start": span.start,
        "end": span.end,
        "text": row.text[span.start : span.end],
        "labels": [span.label],
    }


def label_studio(rows: list[Said]) -> str:
    tasks = [
        {
            "id": n,
            "annotations": [
                {
                    "id": n,
                    "result": [
                        {
                            "id": f"r{k}",
                            "from_name": "label",
                            "to_name": "text",
                            "type": "labels",
                            "value": studio_result(r, s),
                        }
                        for k, s in enumerate(r.spans)
                    ],
                }
            ],
            "data": {"text": r.text},
        }
        for n, r in enumerate(rows, start=1)
    ]
    return json.dumps(tasks, ensure_ascii=False, indent=2)


def label_studio_min(rows: list[Said]) -> str:
    return json.dumps(
        [
            {
                "text": r.text,
                "id": n,
                "label": [studio_result(r, s) for s in r.spans],
                "annotator": 1,
                "annotation_id": n,
                "lead_time": 2.5,
            }
            for n, r in enumerate(rows, start=1)
        ]
    )


def label_studio_csv(rows: list[Said]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["text", "id", "label", "annotator", "annotation_id", "lead_time"])
    for n, r in enumerate(rows, start=1):
        results = json.dumps([studio_result(r, s) for s in r.spans], ensure_ascii=False) if r.spans else ""
        writer.writerow([r.text, n, results, 1, n, 2.5])
    return out.getvalue()


def spacy_json(rows: list[Said]) -> str:
    pairs = [[r.text, {"entities": [[s.start, s.end, s.label] for s in r.spans]}] for r in rows]
    return json.dumps({"classes": sorted({s.label for r in rows for s in r.spans}), "annotations": pairs})


def prodigy(rows: list[Said]) -> str:
    return lines(
        {
            "text": r.text,
            "_input_hash": n,
            "_task_hash": -n,
            "spans": [{"start": s.start, "end": s.end, "label": s.label} for s in r.spans],
            "answer": "accept",
        }
        for n, r in enumerate(rows)
    )


def uie(rows: list[Said]) -> str:
    labels = sorted({s.label for r in rows for s in r.spans})
    written = []
    for r in rows:
        for label in labels:
            found = [
                {"text": r.text[s.start : s.end], "start": s.start, "end": s.end}
                for s in r.spans
                if s.label == label
            ]
            written.append({"content": r.text, "result_list": found, "prompt": label})
    return lines(written)


def own_names(rows: list[Said]) -> str:
    return json.dumps(
        [
            {"content": r.text, "spans": [{"start": s.start, "end": s.end, "type": s.label} for s in r.spans]}
            for r in rows
        ]
    )


FLAT = (
    bio, bio_with_spaces_and_crlf, bmes, bioes, iob1_with_pos, numbered, tag_first, suffixes, inline_pairs,
    tokens_and_tags, label_studio_csv, uie,
)  # fmt: skip
NESTED = (
    w2ner, gliner, cluener, cblue, doccano, doccano_relations, label_studio, label_studio_min, spacy_json,
    prodigy, own_names,
)  # fmt: skip


def told(path: Path) -> list[Said]:
    corpus = Corpus(path)
    report = corpus.report()
    samples = [sample for sample, _ in corpus.samples(report)]
    assert None not in samples, report.examples
    return [
        Said(x.text, tuple((e.label, e.start, e.end) for e in x.entities))  # type: ignore[misc]
        for x in samples
        if x is not None
    ]


def check(write: Callable[[list[Said]], str], rows: list[Said], folder: Path) -> None:
    # Files of one text each, as UIE has them, say a text that occurs twice once.
    unique = list({row.text: row for row in rows}.values())
    path = folder / ("corpus.csv" if write is label_studio_csv else "corpus.txt")
    path.write_text(write(unique), encoding="utf-8", newline="")
    assert [(x.text, set(x.spans)) for x in told(path)] == [(x.text, set(x.spans)) for x in unique]


@pytest.mark.parametrize("write", (*FLAT, *NESTED), ids=lambda write: write.__name__)
def test_real_news_in_a_file_of_another_tool_are_read_the_same(
    tmp_path: Path, write: Callable[[list[Said]], str]
) -> None:
    check(write, ccfbdci(), tmp_path)


@pytest.mark.parametrize("write", NESTED, ids=lambda write: write.__name__)
def test_real_nested_entities_are_read_the_same(tmp_path: Path, write: Callable[[list[Said]], str]) -> None:
    check(write, cmeee(), tmp_path)


def test_brat_documents_are_read_the_same(tmp_path: Path) -> None:
    rows = [row for row in cmeee() if row.spans]
    for n, row in enumerate(rows):
        name = tmp_path / f"d{n:04d}"
        notes = (
            f"T{k}\t{s.label} {s.start} {s.end}\t{row.text[s.start : s.end]}\n"
            for k, s in enumerate(row.spans, start=1)
        )
        name.with_suffix(".txt").write_text(row.text, encoding="utf-8", newline="")
        name.with_suffix(".ann").write_text("".join(notes), encoding="utf-8")
    assert [(x.text, set(x.spans)) for x in told(tmp_path)] == [(x.text, set(x.spans)) for x in rows]


@pytest.mark.parametrize("column", ["entities", "spans", "tokens"])
def test_parquet_is_read_the_same(tmp_path: Path, column: str) -> None:
    pytest.importorskip("datasets", reason="needs the corpora extra")
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = ccfbdci()
    table = [
        {"tokens": list(r.text), "ner_tags": tags(r)}
        if column == "tokens"
        else {"text": r.text, column: [s._asdict() for s in r.spans]}
        for r in rows
    ]
    parquet.write_table(pyarrow.Table.from_pylist(table), tmp_path / "corpus.parquet")
    assert [(x.text, set(x.spans)) for x in told(tmp_path / "corpus.parquet")] == [
        (x.text, set(x.spans)) for x in rows
    ]
