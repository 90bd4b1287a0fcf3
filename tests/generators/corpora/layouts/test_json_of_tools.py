"""JSON of single tools: what each of them writes, what is noted, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.corpora.layouts import load_layout, recognise
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow

TEXT, REST = "王芳在济南上班。", "今天有雨。"


def write(folder: Path, content: Any, *, lines: bool = False) -> Path:
    path = folder / "c"
    rows = content if lines else [content]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def read(folder: Path, layout: str, content: Any, *, lines: bool = False) -> list[RawRow]:
    return list(load_layout(layout).read(write(folder, content, lines=lines)))


def samples(path: Path) -> list[Any]:
    corpus = Corpus(path)
    return [
        (sample.text, [(e.label, e.text, e.start) for e in sample.entities])
        for sample, _ in corpus.samples(corpus.report())
        if sample
    ]


def cblue(shift: int) -> dict[str, Any]:
    spans = [("dis", "肺部感染", 2), ("bod", "肺部", 2), ("sym", "热", 8)]
    return {
        "text": "患者肺部感染后发热。",
        "entities": [
            {"start_idx": at, "end_idx": at + len(value) - shift, "type": label, "entity": value}
            for label, value, at in spans
        ],
    }


@pytest.mark.parametrize("shift", [0, 1, 2], ids=["exclusive", "inclusive", "off by one"])
@pytest.mark.parametrize("as_lines", [False, True], ids=["array", "lines"])
def test_cblue_with_any_ends_is_read(tmp_path: Path, shift: int, as_lines: bool) -> None:
    rows = [{"text": "（二）其他", "entities": []}, cblue(shift)]
    path = write(tmp_path, rows, lines=as_lines)
    assert recognise(path) == "cblue"
    assert samples(path)[1][1] == [("dis", "肺部感染", 2), ("bod", "肺部", 2), ("sym", "热", 8)]


def test_cblue_names_a_broken_row(tmp_path: Path) -> None:
    broken = {"text": "a", "entities": [{"start_idx": "0", "end_idx": 1, "type": "x", "entity": "a"}]}
    with pytest.raises(UserError, match=r"c:2: .*Expected `int`, got `str`"):
        read(tmp_path, "cblue", [cblue(0), broken], lines=True)
    with pytest.raises(UserError, match=r"c:1: row 2: Expected `int`, got `str`"):
        read(tmp_path, "cblue", [cblue(0), broken])


PERSON = {"start": 0, "end": 2, "label": "PER"}
ASKED = {"text": TEXT, "_input_hash": 1, "_task_hash": 2}


def test_prodigy_takes_what_was_accepted(tmp_path: Path) -> None:
    rows = [
        {**ASKED, "answer": "ignore"},
        {**ASKED, "spans": [PERSON, {"start": 3, "end": 5}], "answer": "accept", "meta": {"source": "x"}},
        {**ASKED, "spans": [PERSON], "answer": "reject"},
        {**ASKED, "options": [{"id": "A"}], "accept": ["A"], "answer": "accept"},
        {**ASKED, "spans": [PERSON], "_is_binary": True, "answer": "accept"},
        {"text": REST, "_input_hash": 3, "relations": [{}], "spans": []},
    ]
    path = write(tmp_path, rows, lines=True)
    assert recognise(path) == "prodigy"
    first, second = load_layout("prodigy").read(path)
    assert first.entities == (RawEntity("PER", None, 0, 2),)
    assert first.meta == {"source": "x"}
    assert sorted(first.notes) == [
        "answer_ignore", "answer_reject", "binary_answer", "choice", "span_without_label",
    ]  # fmt: skip
    assert (second.text, second.entities, second.notes) == (REST, (), ("relation",))


def test_prodigy_without_an_accepted_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no row was accepted; .* \(rows skipped: 2 answer_reject\)"):
        read(tmp_path, "prodigy", [{**ASKED, "answer": "reject"}] * 2, lines=True)


def test_dataturks_has_inclusive_ends(tmp_path: Path) -> None:
    rows = [
        {
            "content": TEXT,
            "annotation": [{"label": ["PER"], "points": [{"start": 0, "end": 1, "text": "王芳"}]}],
        },
        {"content": REST, "annotation": None},
        {"content": TEXT, "annotation": [{"label": ["LOC", "GPE"], "points": [{"start": 3, "end": 4}]}]},
        {"content": REST, "annotation": [{"label": [], "points": [{"start": 0, "end": 1, "text": "今天"}]}]},
    ]
    path = write(tmp_path, rows, lines=True)
    assert recognise(path) == "dataturks"
    found = list(load_layout("dataturks").read(path))
    assert [row.notes for row in found] == [("row_without_annotation",), (), ("span_without_label",)]
    expected = [("LOC", "济南", 3), ("GPE", "济南", 3)]
    assert [sorted(entities) for _, entities in samples(path)] == [[("PER", "王芳", 0)], sorted(expected), []]


PAIR = [TEXT, {"entities": [[0, 2, "PER"], [3, 5, "LOC"]]}]
SPACY: dict[str, tuple[Any, bool]] = {
    "annotator": ({"classes": ["PER", "LOC"], "annotations": [PAIR, None, [REST, {"entities": []}]]}, False),
    "array": ([PAIR, [REST, {"entities": []}]], False),
    "lines": ([PAIR, [REST, {"entities": []}]], True),
    "links": (
        [[TEXT, {"entities": [[0, 2, "PER", "Q1"], [3, 5, "LOC", "Q2"]]}], [REST, {"entities": []}]],
        False,
    ),
}


@pytest.mark.parametrize(("content", "as_lines"), SPACY.values(), ids=SPACY)
def test_pairs_of_spacy_are_read(tmp_path: Path, content: Any, as_lines: bool) -> None:
    path = write(tmp_path, content, lines=as_lines)
    assert recognise(path) == "spacy_json"
    assert samples(path) == [(TEXT, [("PER", "王芳", 0), ("LOC", "济南", 3)]), (REST, [])]


def test_a_single_pair_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, PAIR)
    assert recognise(path) == "spacy_json"
    assert len(samples(path)) == 1


def test_what_nobody_annotated_and_categories_are_noted(tmp_path: Path) -> None:
    content = {"classes": ["PER"], "annotations": [[TEXT, {"entities": [], "cats": {"A": 1.0}}], None]}
    [row] = read(tmp_path, "spacy_json", content)
    assert row.notes == ("category", "row_without_annotation")


def tokens(*tagged: tuple[str, str]) -> list[dict[str, str]]:
    return [{"orth": word, "ner": tag} for word, tag in tagged]


def test_training_files_of_spacy_2_are_read(tmp_path: Path) -> None:
    first = tokens(("Ann", "U-PER"), ("saw", "O"), ("New", "B-LOC"), ("York", "L-LOC"), (".", "O"))
    paragraph = {"raw": "Ann saw  New York.", "sentences": [{"tokens": first}]}
    bare = {"sentences": [{"tokens": tokens(("Bob", "U-PER"), ("came", "-"))}], "cats": [{}]}
    path = write(tmp_path, [{"id": 3, "paragraphs": [paragraph, bare]}])
    assert recognise(path) == "spacy_json"
    one, other = load_layout("spacy_json").read(path)
    assert (one.id, one.place, other.place) == ("3", 1, 2)
    assert [(e.label, e.text, e.start) for e in one.entities] == [("PER", "Ann", 0), ("LOC", "New York", 9)]
    assert (other.text, sorted(set(other.notes))) == ("Bob came", ["category", "tag_unknown", "words_joined"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([[TEXT, {"entities": [[0, "2", "PER"]]}]], r"Expected `int`, got `str`.*found \[0, '2', 'PER'\]"),
        ([[TEXT, {"entities": [[0, 2]]}]], "length 3"),
        ([PAIR, [TEXT]], r"row 2: .*expected \[text, \{"),
        ([{"paragraphs": [{"sentences": [{"tokens": [{"ner": "O"}]}]}]}], "missing required field `orth`"),
        (
            [{"paragraphs": [{"raw": "a", "sentences": [{"tokens": tokens(("b", "O"))}]}]}],
            "'b' is not in the text",
        ),
    ],
    ids=["offset", "no label", "no annotation", "no token", "another text"],
)
def test_broken_files_of_spacy_are_named(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        read(tmp_path, "spacy_json", content)


def test_gliner_counts_tokens_and_includes_the_last(tmp_path: Path) -> None:
    rows = [
        {"tokenized_text": ["Ann", "Lee", "saw", "Lyon", "."], "ner": [[0, 1, "person"], [3, 3, "city"]]},
        {"tokenized_text": ["It", "rains", "."], "ner": []},
    ]
    path = write(tmp_path, rows)
    assert recognise(path) == "gliner"
    assert samples(path) == [
        ("Ann Lee saw Lyon.", [("person", "Ann Lee", 0), ("city", "Lyon", 12)]),
        ("It rains.", []),
    ]


@pytest.mark.parametrize("span", [[0, 9, "X"], [2, 1, "X"]], ids=["beyond", "backwards"])
def test_a_place_that_no_token_has_costs_its_row(tmp_path: Path, span: list[Any]) -> None:
    good = {"tokenized_text": ["王", "芳"], "ner": [[0, 1, "PER"]]}
    corpus = Corpus(write(tmp_path, [good, {"tokenized_text": ["王", "芳"], "ner": [span]}]))
    report = corpus.report()
    assert [sample is None for sample, _ in corpus.samples(report)] == [False, True]


def test_w2ner_lists_tokens_and_one_that_skips_some_costs_its_row(tmp_path: Path) -> None:
    words = ["胃", "和", "肠", "出", "血"]
    rows = [
        {"sentence": words, "ner": [{"index": [0], "type": "bod"}], "word": [[0]]},
        {"sentence": words, "ner": [{"index": [0, 3, 4], "type": "dis"}], "word": [[0]]},
    ]
    path = write(tmp_path, rows)
    assert recognise(path) == "w2ner"
    corpus = Corpus(path)
    report = corpus.report()
    assert [sample is None for sample, _ in corpus.samples(report)] == [False, True]
    assert (report.dropped_rows, report.notes) == ({"lost": 1}, {"entity_in_pieces": 1})


def question(context: str, label: str, *places: str) -> dict[str, Any]:
    return {"context": context, "entity_label": label, "span_position": [*places], "query": "哪些?"}


@pytest.mark.parametrize("context", ["王 芳 在 济 南", "王芳在济南"], ids=["blanks", "no blanks"])
def test_questions_on_a_sentence_become_one_row(tmp_path: Path, context: str) -> None:
    rows = [question(context, "LOC", "3;4"), question(context, "PER", "0;1"), question("有 雨", "PER")]
    path = write(tmp_path, rows)
    assert recognise(path) == "mrc_ner"
    assert samples(path)[0] == ("王芳在济南", [("PER", "王芳", 0), ("LOC", "济南", 3)])


def test_positions_of_english_words_are_read(tmp_path: Path) -> None:
    rows = [
        {"context": "Ann Lee saw Lyon", "entity_label": "PER", "start_position": [0], "end_position": [1]}
    ]
    assert samples(write(tmp_path, rows)) == [("Ann Lee saw Lyon", [("PER", "Ann Lee", 0)])]


def test_a_broken_position_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"c:1: found 'x'; expected positions such as"):
        read(tmp_path, "mrc_ner", [question("王 芳", "PER", "x")])


def test_texts_of_doccano_say_what_offsets_mean(tmp_path: Path) -> None:
    entity = {"id": 1, "label": "PER", "start_offset": 0, "end_offset": 1, "text": "王芳"}
    path = write(tmp_path, [{"id": 1, "text": TEXT, "entities": [entity], "relations": []}])
    assert recognise(path) == "doccano"
    assert samples(path) == [(TEXT, [("PER", "王芳", 0)])]


def test_gold_that_somebody_wrote_as_an_array_is_read(tmp_path: Path) -> None:
    entity = {"label": "PER", "text": "王芳", "start": 0, "end": 2}
    path = write(tmp_path, [{"text": TEXT, "entities": [entity]}, {"id": 5, "text": REST, "entities": []}])
    assert recognise(path) == "gold"
    assert [row.id for row in load_layout("gold").read(path)] == [None, "5"]


def test_documents_of_sentences_become_rows(tmp_path: Path) -> None:
    document = {
        "doc_key": "d",
        "sentences": [["Ann", "came", "."], ["She", "likes", "New", "York", "."]],
        "ner": [[[0, 0, "PER"]], [[5, 6, "LOC"]]],
        "relations": [[], [[3, 3, 5, 6, "likes"]]],
        "clusters": [[[0, 0], [3, 3]]],
    }
    path = write(tmp_path, [document], lines=True)
    assert recognise(path) == "dygie"
    assert samples(path) == [
        ("Ann came.", [("PER", "Ann", 0)]),
        ("She likes New York.", [("LOC", "New York", 10)]),
    ]
    first, second = load_layout("dygie").read(path)
    assert (first.id, first.place, second.id, second.place) == ("d-1", 1, "d-2", 2)
    assert ("cluster" in first.notes, "relation" in second.notes) == (True, True)
    with pytest.raises(UserError, match=r"c:1: 2 sentences, 1 lists in ner"):
        read(tmp_path, "dygie", [{**document, "ner": [[]]}], lines=True)
    with pytest.raises(UserError, match=r"c:1: .*found \[0, 'x', 'PER'\]; expected a list"):
        read(tmp_path, "dygie", [{**document, "ner": [[[0, "x", "PER"]], []]}], lines=True)


def test_dialogues_of_imcs_become_sentences(tmp_path: Path) -> None:
    said = [
        {"sentence_id": "1", "sentence": "孩子发热吗", "BIO_label": "O O B-Symptom I-Symptom O"},
        {"sentence_id": "2", "sentence": "没有。", "BIO_label": "O O"},
    ]
    path = write(tmp_path, {"10": {"diagnosis": "x", "dialogue": said}})
    assert recognise(path) == "imcs"
    [row] = load_layout("imcs").read(path)
    assert (row.id, row.notes) == ("10-1", ("tags_of_other_length",))
    assert [(entity.label, entity.text) for entity in row.entities] == [("Symptom", "发热")]
    with pytest.raises(UserError, match="dialogue 10: 'X' is not"):
        read(tmp_path, "imcs", {"10": {"dialogue": [{"sentence": "好", "BIO_label": "X"}]}})
    with pytest.raises(UserError, match="expected dialogues of IMCS-NER"):
        read(tmp_path, "imcs", {"10": {"dialogue": [{"sentence": "好"}]}})
