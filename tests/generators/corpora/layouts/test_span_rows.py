"""JSON of sentences with spans: under any usual names, in any container, and under names of one's own."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import nerforge as nf
from nerforge.cli import main
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.layouts import recognise, span_rows
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.templates.tasks import read_task

TEXT = "王芳在济南上班。"
REST = "今天有雨。"
PER, LOC = RawEntity("PER", None, 0, 2), RawEntity("LOC", None, 3, 5)


def write(path: Path, content: Any, *, lines: bool = False) -> Path:
    rows = [json.dumps(row, ensure_ascii=False) for row in content] if lines else [json.dumps(content)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def read(folder: Path, content: Any, **fields: str) -> list[RawRow]:
    return list(span_rows.read(write(folder / "c.json", content), fields=fields or None))


def spans(row: RawRow) -> list[tuple[str, int, int]]:
    return [(entity.label, entity.start, entity.end) for entity in row.entities]


RIGHT = [("PER", 0, 2), ("LOC", 3, 5)]


def named(entities: str, *keys: str) -> dict[str, Any]:
    """Make a row of objects that have these keys for start, end and label."""
    start, end, label = keys
    return {"text": TEXT, entities: [{start: s, end: e, label: kind} for kind, s, e in RIGHT]}


USUAL = [{"start": s, "end": e, "label": kind} for kind, s, e in RIGHT]
ROWS: dict[str, dict[str, Any]] = {
    "start, end, label": named("spans", "start", "end", "label"),
    "begin, stop, type": {"sentence": TEXT, "ents": named("e", "begin", "stop", "type")["e"]},
    "camel case": named("mentions", "startOffset", "endOffset", "entityType"),
    "offset and length": {
        "text": TEXT,
        "entities": [{"offset": s, "length": 2, "type": k} for k, s, _ in RIGHT],
    },
    "a pair": {"text": TEXT, "entities": [{"span": [s, e], "label": k} for k, s, e in RIGHT]},
    "an object": {
        "text": TEXT,
        "denotations": [{"span": {"begin": s, "end": e}, "obj": k} for k, s, e in RIGHT],
    },
    "one span of a list": {"text": TEXT, "entities": [{"spans": [[s, e]], "label": k} for k, s, e in RIGHT]},
    "triples": {"content": TEXT, "ner": [[0, 2, "PER"], [3, 5, "LOC"]]},
    "label first": {"text": TEXT, "entities": [["PER", 0, 2], ["LOC", 3, 5]]},
    "text before label": {"text": TEXT, "entities": [[0, 2, "王芳", "PER"], [3, 5, "济南", "LOC"]]},
    "by label": {"text": TEXT, "entities": {"PER": [[0, 2]], "LOC": [[3, 5]]}},
    "beside": {"text": TEXT, **{k: [{"text": TEXT[s:e], "start": s, "end": e}] for k, s, e in RIGHT}},
    "columns": {"text": TEXT, "entities": {"start": [0, 3], "end": [2, 5], "label": ["PER", "LOC"]}},
    "a text of JSON": {"text": TEXT, "entities": json.dumps(USUAL)},
    "an unknown key": {"text": TEXT, "zzz": USUAL},
    "Chinese names": {"文本": TEXT, "实体": named("e", "开始", "结束", "类型")["e"]},
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
@pytest.mark.parametrize("container", ["lines", "array", "under a key"])
def test_every_form_of_a_row_is_recognised_and_read(tmp_path: Path, row: Any, container: str) -> None:
    content = {"rows": [row, row]} if container == "under a key" else [row, row]
    path = write(tmp_path / "c", content, lines=container == "lines")
    assert recognise(path) in ("span_rows", "doccano")
    assert [(found.text, spans(found)) for found in span_rows.read(path)] == [(TEXT, RIGHT)] * 2


def test_rows_under_the_names_of_splits_are_those_splits(tmp_path: Path) -> None:
    row = {"text": TEXT, "entities": [[0, 2, "PER"]]}
    found = read(tmp_path, {"train": [row, row], "validation": [row], "about": "own"})
    assert [(x.place, x.part) for x in found] == [(1, "train"), (2, "train"), (3, "validation")]


def test_rows_by_id_keep_their_ids(tmp_path: Path) -> None:
    found = read(
        tmp_path, {"d1": {"text": TEXT, "entities": [[0, 2, "PER"]]}, "d2": {"text": REST, "entities": []}}
    )
    assert [(x.id, spans(x)) for x in found] == [("d1", RIGHT[:1]), ("d2", [])]


def test_rows_of_one_entity_become_sentences(tmp_path: Path) -> None:
    rows = [
        {"sentence": TEXT, "text": "王芳", "start": 0, "end": 2, "label": "PER"},
        {"sentence": TEXT, "text": "济南", "start": 3, "end": 5, "label": "LOC"},
        {"sentence": "李梅来了。", "text": "李梅", "start": 0, "end": 2, "label": "PER"},
    ]
    expected = [(TEXT, RIGHT), ("李梅来了。", [("PER", 0, 2)])]
    assert [(x.text, spans(x)) for x in read(tmp_path, rows)] == expected


def test_a_mention_that_is_a_number_is_no_fault(tmp_path: Path) -> None:
    named = {"sentence": TEXT, "text": "王芳", "start": 0, "end": 2, "label": "PER"}
    year = {"sentence": "2024年有雨。", "text": 2024, "start": 0, "end": 4, "label": "YEAR"}
    rows = read(tmp_path, [named, year])
    assert [(row.text, spans(row)) for row in rows] == [
        (TEXT, [("PER", 0, 2)]),
        ("2024年有雨。", [("YEAR", 0, 4)]),
    ]


@pytest.mark.parametrize("shift", [0, 1], ids=["exclusive", "inclusive"])
def test_places_of_tokens_are_those_of_their_characters(tmp_path: Path, shift: int) -> None:
    entities = [(0, 2, "PER"), (4, 5, "LOC")]
    stated = [{"type": label, "start": start, "end": end - shift} for start, end, label in entities]
    tokens = ["Ann", "Lee", "moved", "to", "Lyon"]
    first, second = read(
        tmp_path, [{"tokens": tokens, "entities": stated}, {"tokens": ["It", "rains"], "entities": []}]
    )
    assert (first.text, second.text) == ("Ann Lee moved to Lyon", "It rains")
    assert [entity.text for entity in first.entities] == ["Ann Lee", "Lyon"]
    assert first.text[first.entities[1].start : first.entities[1].end] == "Lyon"


def test_ends_of_tokens_that_nothing_tells_are_noted(tmp_path: Path) -> None:
    entity = {"type": "PER", "start": 0, "end": 1}
    [row] = read(tmp_path, [{"tokens": ["Ann", "Lee", "came"], "entities": [entity]}])
    assert "token_ends_taken_for_exclusive" in row.notes
    assert row.entities[0].text == "Ann"


def test_values_without_places_are_placed_as_those_of_answers(tmp_path: Path) -> None:
    path = write(tmp_path / "c", [{"text": "王芳和王芳", "entities": [{"type": "PER", "text": "王芳"}] * 2}])
    corpus = Corpus(path)
    report = corpus.report()
    [(sample, _)] = corpus.samples(report)
    assert sample is not None
    assert [(e.text, e.start) for e in sample.entities] == [("王芳", 0), ("王芳", 3)]


def test_an_entity_of_pieces_costs_its_row_which_is_counted(tmp_path: Path) -> None:
    broken = {"text": TEXT, "entities": [{"label": "X", "spans": [[0, 1], [3, 4]]}]}
    whole = {"text": TEXT, "entities": [{"label": "X", "spans": [[0, 2]]}]}
    corpus = Corpus(write(tmp_path / "c", [whole, broken]))
    report = corpus.report()
    assert [sample is None for sample, _ in corpus.samples(report)] == [False, True]
    assert report.dropped_rows == {"lost": 1}


def test_what_is_beside_entities_is_noted_or_kept(tmp_path: Path) -> None:
    row = {
        "id": 7, "split": "dev", "meta": {"n": 1}, "text": TEXT, "relations": [{}, {}],
        "entities": [{"start": 0, "end": 2, "label": "PER", "confidence": 0.5}],
    }  # fmt: skip
    [found] = read(tmp_path, [row])
    assert (found.id, found.part, found.meta, found.notes) == ("7", "dev", {"n": 1}, ("relation", "relation"))
    assert found.entities[0].score == 0.5


def test_a_row_without_annotation_is_skipped_with_a_note(tmp_path: Path) -> None:
    rows = [{"text": TEXT, "spans": [[0, 2, "PER"]]}, {"text": REST}, {"text": REST, "spans": None}]
    [row] = read(tmp_path, rows)
    assert row.notes == ("row_without_annotation",) * 2


def test_a_file_whose_first_rows_have_no_entity_is_recognised_by_a_later_one(tmp_path: Path) -> None:
    rows = [{"text": REST, "entities": []}] * 30 + [{"text": TEXT, "entities": USUAL[:1]}]
    path = write(tmp_path / "c", [{**row, "n": n} for n, row in enumerate(rows)], lines=True)
    assert recognise(path) == "span_rows"
    assert spans(list(span_rows.read(path))[-1]) == RIGHT[:1]


OWN = {"zin": TEXT, "stukken": [{"soort": "PER", "van": 0, "tot": 2}, {"soort": "LOC", "van": 3, "tot": 5}]}
NAMED = {"text": "zin", "entities": "stukken", "label": "soort", "start": "van", "end": "tot"}
ITEMS = {"text": "zin", "entities": "stukken"}
DEEP = [{"a": {"van": str(s), "tot": float(e)}, "k": [label]} for label, s, e in RIGHT]
LAYERS = [{"entities": [[0, 2, "PER"]]}, {"entities": [[3, 5, "LOC"]]}]
PAIRS = [["PER", 0, 2], ["LOC", 3, 5]]
OWN_NAMES: dict[str, tuple[Any, dict[str, str]]] = {
    "objects": ([OWN], NAMED),
    "rows": ({"boek": {"delen": [OWN]}}, {"rows": "boek.delen", **NAMED}),
    "dotted text": ([{"doc": {"zin": TEXT}, "stukken": PAIRS}], {"text": "doc.zin", "entities": "stukken"}),
    "positions": (
        [{"zin": TEXT, "stukken": [[9, *pair] for pair in PAIRS]}],
        {**ITEMS, "label": "1", "start": "2", "end": "3"},
    ),
    "a position": (
        [{"zin": TEXT, "stukken": [[0, 2, "x", "PER"], [3, 5, "y", "LOC"]]}],
        {**ITEMS, "label": "3"},
    ),
    "pairs": ([[TEXT, PAIRS]], {"text": "0", "entities": "1"}),
    "dotted parts": (
        [{"zin": TEXT, "stukken": DEEP}],
        {**ITEMS, "label": "k.0", "start": "a.van", "end": "a.tot"},
    ),
    "through a list": ([{"text": TEXT, "lagen": LAYERS}], {"entities": "lagen.entities"}),
    "a key with a dot": ([{"a.b": TEXT, "spans": PAIRS}], {"text": "a.b"}),
}


@pytest.mark.parametrize(("content", "fields"), OWN_NAMES.values(), ids=OWN_NAMES)
def test_named_fields_say_where_parts_stand(tmp_path: Path, content: Any, fields: dict[str, str]) -> None:
    assert [(row.text, spans(row)) for row in read(tmp_path, content, **fields)] == [(TEXT, RIGHT)]


def test_a_named_value_decides_what_offsets_mean(tmp_path: Path) -> None:
    row = {"zin": TEXT, "stukken": [{"soort": "PER", "van": 0, "tot": 1, "woord": "王芳"}]}
    path = write(tmp_path / "c", [row])
    corpus = Corpus(path, options=ReadingOptions(fields={**NAMED, "value": "woord"}))
    assert (corpus.layout_name, corpus.convention.end.value) == ("span_rows", "inclusive")


USUAL_NAMES = {"text": TEXT, "entities": [{"start": "x", "end": 2, "label": "P"}]}


@pytest.mark.parametrize(
    ("row", "fields", "message"),
    [
        (
            OWN,
            {**NAMED, "label": "type"},
            r"c\.json:1: row 1: label=type: no such part .*; found soort, van, tot",
        ),
        ({"zin": 3, "stukken": []}, NAMED, r"row 1: found 3; expected a text as zin"),
        (OWN, {**NAMED, "text": "text"}, "found the keys zin, stukken; expected a text as text"),
        (OWN, {"rows": "boek", **NAMED}, "rows=boek: no such path; found zin, stukken"),
        (USUAL_NAMES, {"entities": "entities"}, "start and end are 'x' and 2"),
    ],
    ids=["no part", "no text", "no field", "no rows", "no number"],
)
def test_a_field_that_is_not_there_is_told_with_what_is(
    tmp_path: Path, row: Any, fields: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, [row], **fields)


def test_the_command_takes_names_of_ones_own(tmp_path: Path) -> None:
    path = write(tmp_path / "c.json", [OWN])
    said = ",".join(f"{name}={place}" for name, place in NAMED.items())
    args = ["--input", path, "--fields", said, "--out", tmp_path / "out", "--dev", "0", "--test", "0"]
    done = CliRunner().invoke(main, ["generate", "corpus", *map(str, args)])
    assert done.exit_code == 0, done.output
    assert "layout: span_rows" in done.output
    assert (
        json.loads((tmp_path / "out" / "gold" / "train.jsonl").read_text("utf-8"))["entities"][1]["text"]
        == "济南"
    )


TASK = """\
title: mine
labels:
  - {name: PER, definition: people}
  - {name: LOC, definition: places}
fields: {text: zin, entities: stukken, label: soort, start: van, end: tot}
"""


def test_a_task_says_the_names_of_its_corpora(tmp_path: Path) -> None:
    task = tmp_path / "task.yaml"
    task.write_text(TASK, encoding="utf-8")
    assert read_task(task).fields == NAMED
    data = nf.generate(
        "corpus", tmp_path / "out", input=write(tmp_path / "c.json", [OWN]), task=task, dev=0, test=0
    )
    assert (data.folder / "gold" / "train.jsonl").read_text("utf-8").count('"label"') == 2
    # A file of another layout is read as it is.
    usual = write(tmp_path / "d.jsonl", [{"text": TEXT, "label": [[0, 2, "PER"]]}], lines=True)
    again = nf.generate("corpus", tmp_path / "other", input=usual, task=task, dev=0, test=0)
    assert '"layout":"doccano"' in (again.folder / "manifest.json").read_text("utf-8").replace(" ", "")


def test_a_task_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    task = tmp_path / "task.yaml"
    task.write_text(TASK.replace("van", "van, onbekend: x"), encoding="utf-8")
    with pytest.raises(UserError, match=r"unknown field `onbekend`"):
        read_task(task)


def test_columns_of_parquet_take_names_of_ones_own(tmp_path: Path) -> None:
    pytest.importorskip("datasets", reason="needs the corpora extra")
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(
        pyarrow.Table.from_pylist([OWN, {"zin": REST, "stukken": []}]), tmp_path / "c.parquet"
    )
    corpus = Corpus(tmp_path / "c.parquet", options=ReadingOptions(fields=NAMED))
    assert corpus.layout_name == "datasets_folder"
    found = [sample for sample, _ in corpus.samples(corpus.report())]
    assert [len(sample.entities) for sample in found if sample] == [2, 0]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
ENTITIES = st.builds(
    RawEntity, TEXTS, TEXTS, st.integers(0, 50), st.integers(0, 50), st.none() | st.floats(0, 1)
)
ANY_ROWS = st.lists(
    st.tuples(TEXTS, st.lists(ENTITIES).map(tuple), st.none() | TEXTS, st.none() | TEXTS), min_size=1
)


@pytest.mark.whole
@given(ANY_ROWS)
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, drawn: Any) -> None:
    rows = [
        RawRow(n, text, entities, part, id=row_id)
        for n, (text, entities, part, row_id) in enumerate(drawn, 1)
    ]
    path = tmp_path_factory.mktemp("c") / "c.jsonl"
    path.write_bytes(b"".join(span_rows.write(rows)))
    assert list(span_rows.read(path)) == rows


def test_a_second_field_with_entities_is_noted(tmp_path: Path) -> None:
    [row] = read(tmp_path, [{"text": TEXT, "spans": [[0, 2, "PER"]], "labels": [[3, 5, "LOC"]]}])
    assert (spans(row), row.notes) == (RIGHT[:1], ("passed over: labels",))


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(UsageError, match="fields: zin: expected some of rows, text, entities"):
        ReadingOptions(fields={"zin": "text"})
