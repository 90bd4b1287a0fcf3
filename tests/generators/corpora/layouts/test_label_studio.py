"""Label Studio's exports: both kinds, every fault a file may have, and nothing lost without a note."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.foundation.files import json_arrays
from nerforge.generators.corpora.layouts import label_studio
from nerforge.generators.corpora.reading.raw_rows import FileHead, RawEntity, RawRow


def span(start, end, text, *labels, **result):
    value = {"start": start, "end": end, "text": text, "labels": list(labels)}
    return {"id": "r", "from_name": "label", "to_name": "text", "type": "labels", "value": value} | result


def task(text, *annotations, **more):
    return {"id": 1, "data": {"text": text}, "annotations": list(annotations), "predictions": []} | more


def done(*result, **more):
    return {"id": 5, "completed_by": 1, "result": list(result), "was_cancelled": False} | more


LIN, QINGDAO = span(0, 2, "小林", "PER"), span(4, 6, "青岛", "LOC")
TASKS = [task("小林住在青岛", done(LIN, QINGDAO)), task("今天有雨", done())]
FLAT = [
    {
        "text": "小林住在青岛",
        "id": 1,
        "label": [LIN["value"], QINGDAO["value"]],
        "annotator": 1,
        "lead_time": 3.5,
    },
    {"text": "今天有雨", "id": 2, "annotator": 1, "created_at": "2024-05-01T00:00:00Z"},
]
ENTITIES = (RawEntity("PER", "小林", 0, 2), RawEntity("LOC", "青岛", 4, 6))
ROWS = [RawRow(1, "小林住在青岛", ENTITIES), RawRow(2, "今天有雨", ())]


def read(tmp_path, content):
    path = tmp_path / "l.json"
    content = content if isinstance(content, str | bytes) else json.dumps(content, ensure_ascii=False)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(label_studio.read(path))


@pytest.mark.parametrize("export", [TASKS, FLAT], ids=["JSON", "JSON-MIN"])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda s: s, id="as it is"),
        pytest.param(lambda s: "\ufeff" + s, id="a byte order mark"),
        pytest.param(
            lambda s: json.dumps(json.loads(s), indent=2).replace("\n", "\r\n"), id="Windows line ends"
        ),
        pytest.param(lambda s: " \n" + s + "\n\n", id="blank lines around it"),
    ],
)
def test_an_export_is_read(tmp_path, export, change):
    assert read(tmp_path, change(json.dumps(export, ensure_ascii=False))) == ROWS


def test_an_export_of_an_old_version_is_read(tmp_path):
    old = [{"data": {"text": "小林住在青岛"}, "completions": [{"result": [LIN, QINGDAO]}]}]
    assert read(tmp_path, old) == ROWS[:1]


def test_offsets_behind_an_emoji_are_passed_on_as_stated(tmp_path):
    (row,) = read(tmp_path, [task("😀去青岛", done(span(3, 5, "青岛", "LOC")))])
    assert row.entities == (RawEntity("LOC", "青岛", 3, 5),)


def test_a_span_with_several_labels_is_an_entity_for_each(tmp_path):
    (row,) = read(tmp_path, [task("小林", done(span(0, 2, "小林", "PER", "ORG")))])
    assert row.entities == (RawEntity("PER", "小林", 0, 2), RawEntity("ORG", "小林", 0, 2))


@pytest.mark.parametrize(
    ("annotations", "n_entities", "notes"),
    [
        pytest.param([done(LIN), done(LIN, QINGDAO)], 1, ("further_annotation",), id="two annotators"),
        pytest.param([done(LIN, was_cancelled=True), done()], 0, (), id="the first is cancelled"),
        pytest.param([done(), done(LIN, ground_truth=True)], 1, ("further_annotation",), id="ground truth"),
        pytest.param([done(LIN, {"type": "relation", "from_id": "r"})], 1, ("relation",), id="a relation"),
        pytest.param([done(LIN, {"type": "choices", "value": {}})], 1, ("other_result",), id="a choice"),
        pytest.param([done(span(0, 1, "小"))], 0, ("span_without_label",), id="no label"),
    ],
)
def test_what_is_not_passed_on_leaves_a_note(tmp_path, annotations, n_entities, notes):
    (row,) = read(tmp_path, [task("小林住在青岛", *annotations)])
    assert (len(row.entities), row.notes) == (n_entities, notes)


def test_a_task_without_annotation_leaves_a_note_on_its_neighbour(tmp_path):
    open_task = task("没人看过", predictions=[{"result": [LIN]}])
    rows = read(tmp_path, [open_task, *TASKS, open_task, task("取消了", done(LIN, was_cancelled=True))])
    assert [row.place for row in rows] == [2, 3]
    assert [row.notes for row in rows] == [("task_without_annotation",), ("task_without_annotation",) * 2]


def test_a_flat_task_of_several_annotators_is_taken_once(tmp_path):
    rows = read(tmp_path, [FLAT[0], FLAT[0] | {"annotator": 2, "label": []}, FLAT[1]])
    assert [(row.entities, row.notes) for row in rows] == [(ENTITIES, ("further_annotation",)), ((), ())]


@pytest.mark.parametrize(
    "data",
    [{"text": "小林"}, {"sentence": "小林", "n": 3}, {"s": "小林", "from": "网页"}],
    ids=["text", "the only text", "what the labels point to"],
)
def test_the_sentence_is_found(tmp_path, data):
    name = "s" if "s" in data else "text"
    rows = read(tmp_path, [task("", done(LIN | {"to_name": name}), data=data)])
    assert [row.text for row in rows] == ["小林"]


def test_a_task_where_nothing_was_found_takes_the_text_of_those_before_it(tmp_path):
    first = task("", done(LIN | {"to_name": "s"}), data={"s": "小林", "from": "网页"})
    rows = read(tmp_path, [first, task("", done(), data={"s": "下雨", "from": "网页"})])
    assert [row.text for row in rows] == ["小林", "下雨"]


def test_tasks_larger_than_a_block_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(json_arrays, "_BLOCK", 7)
    assert read(tmp_path, TASKS) == ROWS


GOOD = json.dumps(TASKS[0], ensure_ascii=False)
BAD_VALUE = {"start": "/p[1]", "end": 3, "labels": ["X"]}
FAULTS = [
    pytest.param("", 1, "found the end of the file; expected the array", id="empty"),
    pytest.param(GOOD, 1, "expected the array of tasks", id="no array"),
    pytest.param("小林\n", 1, "expected the array of tasks", id="plain text"),
    pytest.param(
        f"[{GOOD},\n{GOOD[:60]}", 2, "task 2: not JSON, or the file ends in the middle", id="cut off"
    ),
    pytest.param(f"[{GOOD}", 1, "found the end of the file behind task 1", id="no closing bracket"),
    pytest.param(f"[{GOOD},\n]", 2, "task 2: not JSON", id="a comma too many"),
    pytest.param(f"[{GOOD}\n{GOOD}]", 2, "behind task 1; expected a comma", id="no comma"),
    pytest.param(f"[{GOOD}]\n[]", 2, "behind the array; expected the end", id="two arrays"),
    pytest.param(f'[{GOOD},\n{{"data": "a"b"}}{" " * 90}]', 2, "task 2: not JSON", id="a quote unescaped"),
    pytest.param(f"[{GOOD},\n3]", 2, "task 2: Expected `object`, got `int`", id="no object"),
    pytest.param(f'[{GOOD},\n{{"a": "\\ud83d"}}]', 2, "task 2: not JSON in UTF-8", id="half an emoji"),
    pytest.param(f"[{GOOD},\n{'[' * 200_000}", 2, "task 2: too deeply nested", id="deep"),
    pytest.param(
        f"[{GOOD},\n".encode() + b'{"text": "\xc0"}]', 2, "not UTF-8 .*iconv", id="another encoding"
    ),
    pytest.param([task("a", done(LIN | {"value": BAD_VALUE}))], 1, "got `str`.*plain Text", id="an XPath"),
    pytest.param([task("a", done(LIN | {"value": {"end": 3}}))], 1, "field `start`", id="no start"),
    pytest.param([task("a", done(LIN | {"type": "hypertextlabels"}))], 1, "'hypertextlabels'", id="HTML"),
    pytest.param(
        [task("a", done(LIN, LIN | {"to_name": "b"}))], 1, r"several texts \(b, text\)", id="two texts"
    ),
    pytest.param([task("", done(), data={"a": "x", "b": "y"})], 1, "texts named a, b", id="which text"),
    pytest.param([task("", done(), data={"a": 3})], 1, "found no text; expected one", id="no text"),
    pytest.param([{"label": [{"start": 0, "labels": ["X"]}]}], 1, "field `end`", id="flat, no end"),
]


@pytest.mark.parametrize(("content", "line", "message"), FAULTS)
def test_a_faulty_file_is_named(tmp_path, content, line, message):
    with pytest.raises(UserError, match=rf"l\.json:{line}: .*{message}"):
        read(tmp_path, content)


def test_a_file_without_any_annotation_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"l\.json: none of its 2 tasks has an annotation"):
        read(tmp_path, [task("a"), task("b")])


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match=r"l\.json: no such file"):
        list(label_studio.read(tmp_path / "l.json"))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        pytest.param(json.dumps(TASKS), True, id="JSON"),
        pytest.param(json.dumps(FLAT, indent=2), True, id="JSON-MIN"),
        pytest.param('[{"instruction": "a", "input": "b", "output": "c"}]', False, id="another array"),
        pytest.param('{"text": "a", "label": [[0, 1, "X"]]}', False, id="lines"),
        pytest.param("[小林] 住在青岛", False, id="plain text"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_its_own_files_are_recognised(tmp_path, start, expected):
    assert label_studio.recognises(FileHead(tmp_path / "x", start.encode())) is expected


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
offsets = st.integers(-5, 50)
entities = st.builds(RawEntity, texts, st.none() | texts, offsets, offsets, st.none())
rows = st.lists(st.tuples(texts, st.lists(entities).map(tuple), st.none() | texts))


@pytest.mark.whole
@given(rows)
def test_what_is_written_is_read_again(tmp_path_factory, rows):
    expected = [RawRow(place, *row) for place, row in enumerate(rows, start=1)]
    assert read(tmp_path_factory.mktemp("l"), b"".join(label_studio.write(expected))) == expected
