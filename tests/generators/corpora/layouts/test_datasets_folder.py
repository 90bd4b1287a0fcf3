"""Saved data sets and Parquet files: both arrangements of columns, splits, and faults by their row."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.foundation import optional
from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.layouts import datasets_folder
from nerforge.generators.corpora.reading.raw_rows import FileHead, RawEntity, RawRow

TOKENS = [list("小林住在青岛"), list("今天有雨")]
NAMES = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
TAGS = [[1, 2, 0, 0, 3, 4], [0, 0, 0, 0]]
ENTITIES = (RawEntity("PER", "小林", 0, 2), RawEntity("LOC", "青岛", 4, 6))
ROWS = [RawRow(1, "小林住在青岛", ENTITIES), RawRow(2, "今天有雨", ())]
SPANS = [[e._asdict() for e in row.entities] for row in ROWS]


@pytest.fixture(autouse=True)
def no_progress_bars():
    datasets = pytest.importorskip("datasets", reason="needs the corpora extra")
    datasets.disable_progress_bars()


def table(columns, features=None):
    import datasets

    return datasets.Dataset.from_dict(columns, features=features)


def tagged(tags=TAGS, names=NAMES):
    import datasets

    label = datasets.ClassLabel(names=names) if names else datasets.Value("int64")
    string = datasets.Value("string")
    features = datasets.Features({"tokens": datasets.Sequence(string), "ner_tags": datasets.Sequence(label)})
    return table({"tokens": TOKENS, "ner_tags": tags}, features)


def spanned(**columns):
    return table({"text": [row.text for row in ROWS], "entities": SPANS} | columns)


def read(path):
    return list(datasets_folder.read(path))


def saved(tmp_path, dataset):
    dataset.save_to_disk(tmp_path / "d")
    return tmp_path / "d"


def parquet(tmp_path, dataset, name="d.parquet"):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    dataset.to_parquet(tmp_path / name)
    return tmp_path / name


@pytest.mark.whole
@pytest.mark.parametrize("store", [saved, parquet])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(tagged, id="numbers of tags"),
        pytest.param(lambda: table(
            {"tokens": TOKENS, "tags": [[NAMES[tag] for tag in tags] for tags in TAGS]}), id="names of tags"),
        pytest.param(spanned, id="spans"),
        pytest.param(lambda: spanned(image=[b"x", b"y"]), id="another column"),
    ],
)  # fmt: skip
def test_both_arrangements_are_read(tmp_path, store, make):
    assert read(store(tmp_path, make())) == ROWS


@pytest.mark.whole
@pytest.mark.parametrize("store", [saved, parquet])
def test_spans_stored_as_lists_with_numbers_for_labels_are_read(tmp_path, store):
    import datasets

    number, label = datasets.Value("int32"), datasets.ClassLabel(names=["PER", "LOC"])
    spans = datasets.Sequence({"start_idx": number, "end_idx": number, "type": label})
    features = datasets.Features({"text": datasets.Value("string"), "entities": spans})
    values = {
        "text": ["小林住在青岛"],
        "entities": [{"start_idx": [0, 4], "end_idx": [2, 6], "type": [0, 1]}],
    }
    (row,) = read(store(tmp_path, table(values, features)))
    assert row.entities == tuple(entity._replace(text=None) for entity in ENTITIES)


def test_splits_become_parts_and_rows_are_counted_through(tmp_path):
    import datasets

    both = datasets.DatasetDict(train=tagged(), test=spanned())
    rows = read(saved(tmp_path, both))
    assert [(row.place, row.part) for row in rows] == [(1, "train"), (2, "train"), (3, "test"), (4, "test")]


def test_files_named_by_their_split_become_parts(tmp_path):
    for name in ("data/train-00000-of-00001.parquet", "data/test.parquet", "data/more.parquet"):
        parquet(tmp_path, spanned(), name)
    assert [row.part for row in read(tmp_path)] == [None, None, "test", "test", "train", "train"]


def test_a_column_gives_the_part(tmp_path):
    assert [row.part for row in read(parquet(tmp_path, spanned(split=["train", None])))] == ["train", None]


def test_an_inside_tag_without_a_beginning_leaves_a_note(tmp_path):
    rows = read(parquet(tmp_path, tagged([[1, 2, 0, 0, 4, 4], [0, 0, 3, 0]])))
    assert [row.notes for row in rows] == [("tag_i_without_b",), ()]
    assert rows[0].entities == ENTITIES


def test_offsets_behind_an_emoji_count_code_points(tmp_path):
    dataset = table({"tokens": [list("😀去青岛")], "ner_tags": [["O", "O", "B-X", "I-X"]]})
    (row,) = read(parquet(tmp_path, dataset))
    assert row.entities == (RawEntity("X", "青岛", 2, 4),)


FAULTS = [
    pytest.param(lambda: tagged(names=None), "ner_tags holds 1; expected names, or", id="numbers only"),
    pytest.param(lambda: tagged([[0] * 6, [0] * 3]), "row 2: 4 tokens have 3 tags", id="too few tags"),
    pytest.param(lambda: tagged([[0] * 6, None]), "row 2: 4 tokens have 0 tags", id="no tags"),
    pytest.param(lambda: tagged(names=["O", *"XYZA"]), "'X'.*such as B-LOC", id="names that are no tags"),
    pytest.param(
        lambda: spanned(text=["小林", None]), "row 2: found None in place of a text", id="a missing text"
    ),
    pytest.param(
        lambda: spanned(entities=[[{"start": None, "end": 1, "label": "X"}], []]),
        "row 1: start is None; expected a whole number",
        id="a missing start",
    ),
    pytest.param(
        lambda: spanned(entities=[[{"from": 0, "end": 1, "label": "X"}], []]),
        "the fields from, end, label; expected one of start",
        id="other fields",
    ),
    pytest.param(lambda: spanned(entities=[["PER"], []]), "expected objects with start", id="no objects"),
    pytest.param(
        lambda: table({"a": [1], "tokens": [["x"]]}),
        "found the columns a, tokens; expected text and entities, or tokens and ner_tags",
        id="other columns",
    ),
]


@pytest.mark.parametrize(("make", "message"), FAULTS)
def test_a_fault_is_named(tmp_path, make, message):
    with pytest.raises(UserError, match=rf"d\.parquet: .*{message}"):
        read(parquet(tmp_path, make()))


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"PAR1" + b"\0" * 90 + b"PAR1"], ids=["empty", "cut", "zeros"]
)
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "d.parquet").write_bytes(content)
    with pytest.raises(UserError, match=r"d\.parquet: is damaged or no data set"):
        read(tmp_path / "d.parquet")


def test_a_damaged_folder_is_named(tmp_path):
    path = saved(tmp_path, tagged())
    next(path.glob("*.arrow")).write_bytes(b"x")
    with pytest.raises(UserError, match=r"d: is damaged or no data set"):
        read(path)


@pytest.mark.parametrize(
    ("name", "message"), [("none", "no such file or folder"), ("", "neither a saved data set")]
)
def test_a_path_without_a_data_set_is_named(tmp_path, name, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path / name)


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(optional, "find_spec", lambda package: None)
    with pytest.raises(UserError, match=r"datasets is not installed; run: pip install 'nerforge\[corpora\]'"):
        read(tmp_path)


def test_its_own_files_are_recognised(tmp_path):
    (tmp_path / "empty").mkdir()
    assert datasets_folder.recognises(FileHead(saved(tmp_path, tagged()), b""))
    assert datasets_folder.recognises(FileHead(parquet(tmp_path, tagged()), b"PAR1\x15\x00"))
    assert datasets_folder.recognises(FileHead(tmp_path, b""))
    for path, start in [("empty", b""), ("none", b""), ("d.jsonl", b'{"text": ""}')]:
        assert not datasets_folder.recognises(FileHead(tmp_path / path, start))


def test_the_library_is_imported_only_when_it_is_used():
    code = (
        "import sys, nerforge.generators.corpora.layouts.datasets_folder as d\n"
        "list(d.write([]))\n"
        "assert 'datasets' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
offsets = st.integers(-5, 50)
entities = st.builds(RawEntity, texts, st.none() | texts, offsets, offsets, st.none() | st.floats(0, 1))
meta = st.none() | st.dictionaries(texts, st.none() | st.integers() | st.lists(texts), min_size=1)
rows = st.lists(st.tuples(texts, st.lists(entities).map(tuple), *[st.none() | texts] * 2, meta))


@pytest.mark.whole
@given(rows)
@settings(max_examples=30)
def test_what_is_written_is_read_again(tmp_path_factory, rows):
    expected = [
        RawRow(place, text, entities, part, id=row_id, meta=meta)
        for place, (text, entities, part, row_id, meta) in enumerate(rows, start=1)
    ]
    path = tmp_path_factory.mktemp("d") / "d.parquet"
    path.write_bytes(b"".join(datasets_folder.write(expected)))
    assert read(path) == expected


def test_a_file_of_several_batches_is_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets_folder, "_BATCH", 1)
    (tmp_path / "d.parquet").write_bytes(b"".join(datasets_folder.write(ROWS)))
    assert read(tmp_path / "d.parquet") == ROWS


def test_words_tags_and_nested_tags_are_read_under_usual_names(tmp_path):
    columns = {
        "words": [["Bank", "of", "Porto", "."], ["A", "B"]],
        "labels": [["B-ORG", "I-ORG", "I-ORG", "O"], ["O", "O"]],
        "nested_ner_tags": [["O", "O", "B-LOC", "O"], ["O", "O"]],
    }
    path = tmp_path / "d.parquet"
    table(columns).to_parquet(path)
    rows = list(datasets_folder.read(path))
    # One-letter words of a file of words are apart.
    assert [row.text for row in rows] == ["Bank of Porto.", "A B"]
    assert [(e.label, e.start, e.end) for e in rows[0].entities] == [("ORG", 0, 13), ("LOC", 8, 13)]


def test_numbers_without_names_get_those_of_a_file_beside(tmp_path):
    path = tmp_path / "d.parquet"
    tagged(names=None).to_parquet(path)
    (tmp_path / "labels.txt").write_text("\n".join(NAMES), encoding="utf-8")
    assert list(datasets_folder.read(path)) == ROWS


def test_rows_of_json_are_read_as_those_of_parquet(tmp_path):
    path = tmp_path / "d.jsonl"
    path.write_text('{"tokens": ["小", "林"], "ner_tags": ["B-PER", "I-PER"]}\n', encoding="utf-8")
    assert [(row.text, len(row.entities)) for row in datasets_folder.read(path)] == [("小林", 1)]
