"""Label Studio's exports: both kinds, every fault a file may have, and nothing lost without a note."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files import json_arrays
from nerforge.generators.corpora.layouts import label_studio
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head


def span(start, end, text, *labels, **result):
    value = {"start": start, "end": end, "text": text, "labels": list(labels)}
    return {"id": "r", "from_name": "label", "to_name": "text", "type": "labels", "value": value} | result


def task(text, *annotations, number=1, **more):
    return {"id": number, "data": {"text": text}, "annotations": list(annotations), "predictions": []} | more


def done(*result, **more):
    return {"id": 5, "completed_by": 1, "result": list(result), "was_cancelled": False} | more


LIN, QINGDAO = span(0, 2, "小林", "PER"), span(4, 6, "青岛", "LOC")
TASKS = [task("小林住在青岛", done(LIN, QINGDAO)), task("今天有雨", done(), number=2)]
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
ROWS = [RawRow(1, "小林住在青岛", ENTITIES, id="1"), RawRow(2, "今天有雨", (), id="2")]


def read(tmp_path, content, **options):
    path = tmp_path / "l.json"
    content = content if isinstance(content, str | bytes) else json.dumps(content, ensure_ascii=False)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(label_studio.read(path, **options))


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
        pytest.param(lambda s: "\n".join(map(json.dumps, json.loads(s))), id="a task a line"),
        pytest.param(lambda s: json.dumps({"tasks": json.loads(s)}), id="tasks of an object"),
        pytest.param(lambda s: s.replace('"start": 0, "end": 2', '"start": "0", "end": "2"'), id="strings"),
        pytest.param(lambda s: s.replace('"end": 2', '"end": 2.0'), id="numbers with a point"),
        pytest.param(lambda s: s.replace('["PER"]', '"PER"'), id="a label that is no list"),
    ],
)
def test_an_export_is_read(tmp_path, export, change):
    assert read(tmp_path, change(json.dumps(export, ensure_ascii=False))) == ROWS


def test_an_export_of_an_old_version_is_read(tmp_path):
    old = [{"data": {"text": "小林住在青岛"}, "completions": [{"result": [LIN, QINGDAO]}]}]
    assert read(tmp_path, old) == [ROWS[0]._replace(id=None)]


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


@pytest.mark.parametrize("export", [TASKS[0], FLAT[0]], ids=["JSON", "JSON-MIN"])
@pytest.mark.parametrize("indent", [None, 2], ids=["one line", "several lines"])
def test_a_single_task_is_read(tmp_path, export, indent):
    assert read(tmp_path, json.dumps(export, indent=indent)) == ROWS[:1]


def test_fields_beside_the_text_are_kept(tmp_path):
    data = {"text": "小林住在青岛", "source": "邮件", "n": 3}
    rows = read(tmp_path, [task("", done(LIN, QINGDAO), data=data, meta={"by": {"who": "x"}})])
    assert rows[0].meta == {"source": "邮件", "n": 3, "by": {"who": "x"}}
    assert read(tmp_path, b"".join(label_studio.write(rows))) == rows


def test_scores_are_kept(tmp_path):
    rows = read(tmp_path, [task("小林住在青岛", done(LIN | {"score": 0.75}, QINGDAO))])
    assert [entity.score for entity in rows[0].entities] == [0.75, None]
    assert read(tmp_path, b"".join(label_studio.write(rows))) == rows


EMPTY_FIRST = [
    {"id": 1, "content": "下雨了", "source": "mail", "annotator": 1, "lead_time": 2.5},
    {"id": 2, "content": "小林住在青岛", "source": "mail", "annotator": 1, "label": [LIN["value"]]},
]


def test_the_text_is_the_field_in_which_the_spans_stand(tmp_path):
    assert [row.text for row in read(tmp_path, EMPTY_FIRST)] == ["下雨了", "小林住在青岛"]
    nested = [
        task("", done(), data={"text": "http://x/1", "body": "下雨了"}),
        task("", done(QINGDAO), data={"text": "http://x/2", "body": "小林住在青岛"}),
    ]
    assert [row.text for row in read(tmp_path, nested)] == ["下雨了", "小林住在青岛"]


def test_a_text_in_several_fields_is_asked_for(tmp_path):
    copy = [EMPTY_FIRST[1] | {"title": "小林"}]
    with pytest.raises(UserError, match=r"texts named content, source, title.*--fields text=NAME"):
        read(tmp_path, copy)
    assert read(tmp_path, copy, fields={"text": "content"})[0].text == "小林住在青岛"
    with pytest.raises(UserError, match="texts named content, source, title; expected a text named x"):
        read(tmp_path, copy, fields={"text": "x"})
    with pytest.raises(UsageError, match="--fields: entities, label cannot be named"):
        read(tmp_path, copy, fields={"text": "content", "label": "l", "entities": "e"})


def test_fields_may_be_named_under_data(tmp_path):
    data = {"title": "小林", "body": "小林住在青岛"}
    rows = read(tmp_path, [task("", done(LIN), data=data)], fields={"text": "data.body"})
    assert rows[0].text == "小林住在青岛"


def hypertext(text, **value):
    value = {"start": "/text()[1]", "startOffset": 4, "text": "青岛", "hypertextlabels": ["LOC"]} | value
    return task(text, done({"type": "hypertextlabels", "to_name": "text", "value": value}))


def test_hypertext_without_markup_is_a_text(tmp_path):
    (row,) = read(tmp_path, [hypertext("小林住在青岛", globalOffsets={"start": 4, "end": 6})])
    assert (row.entities, row.notes) == (ENTITIES[1:], ("hypertext_without_markup",))


def test_a_choice_for_a_span_is_no_span(tmp_path):
    chosen = {"start": 0, "end": 2, "text": "小林", "choices": ["好"]}
    (row,) = read(tmp_path, [FLAT[0] | {"mood": [chosen], "bare": [{"start": 4, "end": 6, "text": "青岛"}]}])
    assert (row.entities, row.notes) == (ENTITIES, ("other_result", "span_without_label"))


def test_drafts_and_predictions_are_no_annotation(tmp_path):
    open_tasks = [task("没人看过", predictions=[{"result": [LIN]}], drafts=[{"result": [LIN]}])]
    assert read(tmp_path, [*TASKS, *open_tasks])[-1].notes == ("task_without_annotation",)


GOOD = json.dumps(TASKS[0], ensure_ascii=False)
BAD_VALUE = {"start": "/p[1]", "end": 3, "labels": ["X"]}
FAULTS = [
    pytest.param("小林\n", 1, "task 1: not JSON", id="plain text"),
    pytest.param(
        f"[{GOOD},\n{GOOD[:60]}", 2, "task 2: not JSON, or the file ends in the middle", id="cut off"
    ),
    pytest.param(f"[{GOOD}", 1, "found the end of the file behind task 1", id="no closing bracket"),
    pytest.param(f"[{GOOD},\n]", 2, "task 2: not JSON", id="a comma too many"),
    pytest.param(f"[{GOOD}\n{GOOD}]", 2, "behind task 1; expected a comma", id="no comma"),
    pytest.param(f"[{GOOD}]\n[]", 1, "expected an object, as in the tasks", id="two arrays"),
    pytest.param(f'[{GOOD},\n{{"data": "a"b"}}{" " * 90}]', 2, "task 2: not JSON", id="a quote unescaped"),
    pytest.param(f"[{GOOD},\n3]", 2, "task 2: found 3; expected an object", id="no object"),
    pytest.param(f'[{GOOD},\n{{"a": "\\ud83d"}}]', 2, "task 2: not JSON in UTF-8", id="half an emoji"),
    pytest.param(f"[{GOOD},\n{'[' * 200_000}", 2, "task 2: too deeply nested", id="deep"),
    pytest.param(
        f"[{GOOD},\n".encode() + b'{"text": "\xc0"}]', 2, "not UTF-8 .*iconv", id="another encoding"
    ),
    pytest.param([task("a", done(LIN | {"value": BAD_VALUE}))], 1, "got `str`.*plain Text", id="an XPath"),
    pytest.param([task("a", done(LIN | {"value": {"end": 3}}))], 1, "field `start`", id="no start"),
    pytest.param(
        [hypertext("<p>小林住在青岛</p>", globalOffsets={"start": 4, "end": 6})],
        1,
        "'hypertextlabels'.*plain Text",
        id="HTML",
    ),
    pytest.param([hypertext("小林住在青岛")], 1, "'hypertextlabels'", id="hypertext without offsets"),
    pytest.param(
        [{"text": "<p>a</p>", "l": [{"start": "/p[1]", "end": "/p[1]", "hypertextlabels": ["X"]}]}],
        1,
        "'hypertextlabels'",
        id="flat HTML",
    ),
    pytest.param(
        [task("a", done({"type": "paragraphlabels", "value": {"start": "0", "end": "1"}}))],
        1,
        r"'paragraphlabels'.*dialogue \(Paragraphs\)",
        id="a dialogue",
    ),
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
        pytest.param(json.dumps(TASKS[1]), True, id="a single task"),
        pytest.param(json.dumps({"tasks": TASKS}), True, id="tasks of an object"),
        pytest.param('{"text": "a", "label": [[0, 1, "X"]], "annotator": 1}', False, id="annotated by one"),
        pytest.param('[{"instruction": "a", "input": "b", "output": "c"}]', False, id="another array"),
        pytest.param('{"text": "a", "label": [[0, 1, "X"]]}', False, id="lines"),
        pytest.param("[小林] 住在青岛", False, id="plain text"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_its_own_files_are_recognised(tmp_path, start, expected):
    path = tmp_path / "x"
    path.write_text(start, "utf-8")
    assert label_studio.recognises(read_head(path)) is expected


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
offsets = st.integers(-5, 50)
scores = st.none() | st.floats(0, 1)
entities = st.builds(RawEntity, texts, st.none() | texts, offsets, offsets, scores)
metas = st.none() | st.dictionaries(texts, texts, min_size=1)
rows = st.lists(
    st.tuples(texts, st.lists(entities).map(tuple), st.none() | texts, st.none() | texts, metas).map(
        lambda said: RawRow(0, *said[:3], id=said[3], meta=said[4])
    )
)


@pytest.mark.whole
@given(rows)
def test_what_is_written_is_read_again(tmp_path_factory, rows):
    expected = [row._replace(place=place) for place, row in enumerate(rows, start=1)]
    assert read(tmp_path_factory.mktemp("l"), b"".join(label_studio.write(expected))) == expected


CONFIG = """<View><Labels name="label" toName="text"><Label value="PER"/><Label value="LOC"/></Labels>
<Text name="text" value="$text"/></View>"""
SCORED = [
    RawRow(
        1,
        "😀小林住在青岛",
        (RawEntity("PER", "小林", 1, 3, 0.5), RawEntity("LOC", "青岛", 5, 7, 1.0)),
        id="a-1",
    ),
    RawRow(
        2, "小林", (RawEntity("PER", "小林", 0, 2), RawEntity("LOC", "小林", 0, 2)), "dev", meta={"n": [1]}
    ),
    RawRow(3, "下雨", ()),
]


def test_label_studio_takes_what_is_written():
    sdk = pytest.importorskip("label_studio_sdk.label_interface", reason="needs label-studio-sdk")
    interface = sdk.LabelInterface(CONFIG)
    tasks = json.loads(b"".join(label_studio.write(SCORED)))
    predicted = json.loads(b"".join(label_studio.write_predictions(SCORED, "crf-2")))
    assert len(tasks) == len(predicted) == 3
    for task in (*tasks, *predicted):
        # Annotations are given apart: the library's check of a whole task calls its own method wrongly.
        assert interface.validate_task({"data": task["data"]})
        assert all(map(interface.validate_annotation, task.get("annotations", [])))
        assert [
            interface.validate_prediction(p, return_errors=True) for p in task.get("predictions", [])
        ] in (
            [],
            [[]],
        )
    broken = tasks[0]["annotations"][0] | {"result": [{"type": "labels", "from_name": "other"}]}
    assert not interface.validate_annotation(broken)


def test_predictions_have_their_model_and_scores():
    tasks = json.loads(b"".join(label_studio.write_predictions(SCORED, "crf-2")))
    assert [task["predictions"][0]["model_version"] for task in tasks] == ["crf-2"] * 3
    assert [task["predictions"][0].get("score") for task in tasks] == [0.75, None, None]
    assert [r.get("score") for r in tasks[0]["predictions"][0]["result"]] == [0.5, 1.0]
    assert "annotations" not in tasks[0]
