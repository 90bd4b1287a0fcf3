"""JSON rows of tokens and tags: under usual names, with names or numbers, in one layer or several."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.layouts import claimants, token_rows
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.recognition.file_heads import read_head

TOKENS, TAGS = ["李", "梅", "住", "青", "岛"], ["B-PER", "I-PER", "O", "B-LOC", "I-LOC"]
SPANS = [("PER", 0, 2), ("LOC", 3, 5)]


def save(folder, *rows, name="rows.jsonl"):
    path = folder / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def spans(row):
    return [(entity.label, entity.start, entity.end) for entity in row.entities]


@pytest.mark.parametrize(
    ("tokens", "tags"),
    [("tokens", "ner_tags"), ("words", "labels"), ("chars", "tags"), ("text", "label"), ("sentence", "ner")],
)
def test_rows_are_read_under_usual_names(tmp_path, tokens, tags):
    path = save(tmp_path, {"id": 7, tokens: TOKENS, tags: TAGS})
    assert token_rows.recognises(read_head(path))
    (row,) = token_rows.read(path)
    assert (row.text, spans(row), row.id) == ("李梅住青岛", SPANS, "7")


def test_rows_of_an_array_are_read(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([{"tokens": TOKENS, "ner_tags": TAGS}] * 2), encoding="utf-8")
    assert [row.place for row in token_rows.read(path)] == [1, 2]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels.txt", "O\nB-PER\nI-PER\nB-LOC\nI-LOC\n"),
        ("labels.txt", "O 0\nB-PER 1\nI-PER 2\nB-LOC 3\nI-LOC 4\n"),
        ("id2label.json", '{"0": "O", "1": "B-PER", "2": "I-PER", "3": "B-LOC", "4": "I-LOC"}'),
        ("label2id.json", '{"O": 0, "B-PER": 1, "I-PER": 2, "B-LOC": 3, "I-LOC": 4}'),
        ("label_list.json", '["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]'),
        (
            "dataset_infos.json",
            '{"x": {"features": {"pos": {"feature": {"names": ["O", "N"]}}, '
            '"ner_tags": {"feature": {"names": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]}}}}}',
        ),
        (
            "README.md",
            "---\ndataset_info:\n  features:\n  - name: ner_tags\n    sequence:\n      class_label:\n"
            "        names:\n          '0': O\n          '1': B-PER\n          '2': I-PER\n"
            "          '3': B-LOC\n          '4': I-LOC\n---\n# A card\n",
        ),
    ],
    ids=["list", "numbered", "id2label", "label2id", "json_list", "infos", "card"],
)
def test_numbers_get_the_names_of_a_file_beside(tmp_path, name, content):
    (tmp_path / name).write_text(content, encoding="utf-8")
    (row,) = token_rows.read(save(tmp_path, {"tokens": TOKENS, "ner_tags": [1, 2, 0, 3, 4]}))
    assert (spans(row), row.notes) == (SPANS, (f"names_of_ner_tags_from_{name}",))


def test_numbers_get_the_names_of_the_first_row(tmp_path):
    names = {"label_list": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]}
    path = save(tmp_path, {"tokens": TOKENS, "ner_tags": [1, 2, 0, 3, 4], **names})
    assert [spans(row) for row in token_rows.read(path)] == [SPANS]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"tokens": TOKENS, "ner_tags": [1, 2, 0, 3, 4]}, "no file says what they stand for; put labels.txt"),
        ({"tokens": TOKENS, "tags": ["0", "O", "O", "B-A", "B-A"]}, r"token 1 \('李'\): '0' is not a tag"),
        ({"tokens": TOKENS, "entities": [[0, 1, "A"]]}, "found tokens, entities; expected a list of tokens"),
    ],
    ids=["numbers", "zero", "no_tags"],
)
def test_rows_that_cannot_be_read_are_refused(tmp_path, row, message):
    with pytest.raises(UserError, match=message):
        list(token_rows.read(save(tmp_path, row)))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"tokens": TOKENS, "ner_tags": ["O"]}, r"rows\.jsonl:2: ner_tags has 1 tags for 5 tokens"),
        ({"tokens": "李梅", "ner_tags": []}, "tokens is '李梅'; expected a list of tokens"),
        ({"tokens": TOKENS}, "ner_tags has None for 5 tokens"),
    ],
    ids=["too_few", "no_list", "absent"],
)
def test_a_row_unlike_the_first_is_refused_with_its_line(tmp_path, row, message):
    with pytest.raises(UserError, match=message):
        list(token_rows.read(save(tmp_path, {"tokens": TOKENS, "ner_tags": TAGS}, row)))


def test_other_tags_are_noted_and_can_be_chosen(tmp_path):
    row = {"tokens": ["Rita", "left"], "ner_tags": ["B-PER", "O"], "fine": ["B-actor", "O"]}
    path = save(tmp_path, row)
    assert [(spans(row), row.notes) for row in token_rows.read(path)] == [
        ([("PER", 0, 4)], ("fine_not_read", "words_joined"))
    ]
    assert [spans(row) for row in token_rows.read(path, layer="fine")] == [[("actor", 0, 4)]]
    with pytest.raises(UsageError, match="--layer none: rows have the tags ner_tags, fine"):
        list(token_rows.read(path, layer="none"))


def test_nested_tags_are_entities_too(tmp_path):
    row = {"tokens": TOKENS, "ner_tags": ["B-ORG"] + ["I-ORG"] * 4, "nested_ner_tags": TAGS}
    assert [spans(row) for row in token_rows.read(save(tmp_path, row))] == [
        [("ORG", 0, 5), ("PER", 0, 2), ("LOC", 3, 5)]
    ]


def test_the_text_of_a_row_is_taken(tmp_path):
    row = {"tokens": ["Rita", "left"], "ner_tags": ["B-PER", "O"], "text": "Rita  left"}
    assert [(row.text, row.notes) for row in token_rows.read(save(tmp_path, row))] == [("Rita  left", ())]


@pytest.mark.parametrize(
    "row",
    [
        {"tokens": TOKENS},
        {"tokens": TOKENS, "ner": [["PER", 0, 1]]},
        {"text": "李梅", "labels": ["PER", "LOC"]},
        {"tokens": TOKENS, "tags": ["名词", "名词", "动词", "名词", "名词"]},
    ],
    ids=["no_tags", "triples", "text", "parts_of_speech"],
)
def test_other_rows_are_not_claimed(tmp_path, row):
    assert not token_rows.recognises(read_head(save(tmp_path, row)))


@given(st.text(st.sampled_from("雨 A\n\t😀'`"), min_size=1, max_size=8), st.data())
def test_what_is_written_is_read_again(tmp_path_factory, text, data):
    spans_ = st.tuples(st.sampled_from("AB"), *[st.integers(0, len(text))] * 2).filter(lambda x: x[1] < x[2])
    drawn = data.draw(st.lists(spans_, max_size=4, unique=True))
    entities = tuple(RawEntity(label, text[start:end], start, end) for label, start, end in drawn)
    row = RawRow(1, text, entities, "train", id="r-1", meta={"n": 1})
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    path.write_bytes(b"".join(token_rows.write([row])))
    assert list(token_rows.read(path)) == [row]


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("李梅住青岛", TAGS),
        ("李梅住青岛", " ".join(TAGS)),
        ("李 梅 住 青 岛", TAGS),
        ("李 梅 住 青 岛", " ".join(TAGS)),
        ("李 梅 住 青 岛", ",".join(TAGS)),
        (TOKENS, " ".join(TAGS)),
    ],
)
@pytest.mark.parametrize("names", [("text", "labels"), ("sentence", "tags"), ("words", "label")])
def test_texts_and_tags_may_be_strings(tmp_path, text, tags, names):
    path = save(tmp_path, {"id": 7, names[0]: text, names[1]: tags}, {names[0]: "好", names[1]: ["O"]})
    assert claimants(read_head(path)) == ["token_rows"]
    row, last = token_rows.read(path)
    assert (row.text, spans(row), row.id, last.text) == ("李梅住青岛", SPANS, "7", "好")


def test_a_text_of_characters_is_the_text_blanks_and_all(tmp_path):
    path = save(tmp_path, {"text": "Al b", "labels": ["B-PER", "I-PER", "O", "O"]})
    (row,) = token_rows.read(path)
    assert (row.text, spans(row)) == ("Al b", [("PER", 0, 2)])


def test_words_in_a_string_are_joined_as_words_of_a_list(tmp_path):
    path = save(tmp_path, {"text": "Ana left Porto .", "labels": "B-PER O B-LOC O"})
    (row,) = token_rows.read(path)
    assert (row.text, spans(row), row.notes) == (
        "Ana left Porto.",
        [("PER", 0, 3), ("LOC", 9, 14)],
        ("words_joined",),
    )


@pytest.mark.parametrize(
    "rows",
    [
        [{"text": "李梅来", "labels": ["PER", "LOC", "ORG"]}],
        [{"text": "李梅来", "labels": ["B-PER", "I-PER"]}],
        [{"text": "李梅来", "labels": ["B-PER", "I-PER", "O"]}, {"text": "李梅", "labels": ["O"]}],
        [{"text": "天气", "label": [0, 1]}, {"text": "很好", "label": [1, 0]}],
        [{"text": "好", "label": "O"}, {"text": "来", "label": "O"}],
        [{"text": "Ana left", "label": "very good"}],
    ],
    ids=["labels_alone", "fewer", "fewer_further_down", "classes", "one_letter", "words"],
)
def test_rows_of_other_numbers_or_labels_are_not_claimed(tmp_path, rows):
    assert not token_rows.recognises(read_head(save(tmp_path, *rows)))


def test_a_row_with_fewer_tags_than_characters_is_refused_further_down(tmp_path):
    good = {"text": "李梅来", "labels": ["B-PER", "I-PER", "O"]}
    path = save(tmp_path, *[good] * 30, {"text": "李梅", "labels": ["O"]})
    with pytest.raises(UserError, match=r":31: labels has 1 tags for 2 tokens"):
        list(token_rows.read(path))


def test_parts_of_speech_are_not_read_where_tags_of_entities_stand_beside_them(tmp_path):
    path = save(tmp_path, {"tokens": ["Ana", "left"], "tags": ["NNP", "VBD"], "ner": ["B-PER", "O"]})
    (row,) = token_rows.read(path)
    assert (spans(row), row.notes) == ([("PER", 0, 3)], ("tags_not_read", "words_joined"))


def test_parts_of_speech_alone_are_no_entities(tmp_path):
    path = save(tmp_path, {"tokens": ["Ana", "left"], "tags": ["NNP", "VBD"]})
    assert not token_rows.recognises(read_head(path))


@pytest.mark.parametrize("key", ["trailing_whitespace", "space_after", "ws"])
def test_spaces_are_those_that_the_row_tells(tmp_path, key):
    row = {"tokens": ["don", "'t", "(", "Ana"], "ner_tags": ["O", "O", "O", "B-PER"]}
    (found,) = token_rows.read(save(tmp_path, row | {key: [True, False, True, False]}))
    assert (found.text, spans(found), found.notes) == ("don 't( Ana", [("PER", 8, 11)], ())
