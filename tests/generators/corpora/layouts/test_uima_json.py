"""UIMA CAS JSON: sentences, types of annotations, offsets in UTF-16, and what is refused."""

import json

import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.layouts import recognise, uima_json
from nerforge.generators.corpora.reading.raw_rows import RawEntity

TEXT = "😊王芳在济南。\nAna left Porto."
DKPRO = "de.tudarmstadt.ukp.dkpro.core.api."
SENTENCE, NAME = f"{DKPRO}segmentation.type.Sentence", f"{DKPRO}ner.type.NamedEntity"


def annotation(name, begin, end, **features):
    return {"%TYPE": name, "@sofa": 1, "begin": begin, "end": end, **features}


def document(*annotations, types=None, text=TEXT):
    sofa = {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaID": "_InitialView", "sofaString": text}
    numbered = ({"%ID": n, **one} for n, one in enumerate(annotations, start=2))
    return {"%TYPES": types or {}, "%FEATURE_STRUCTURES": [sofa, *numbered], "%VIEWS": {}}


def read(folder, *documents, indent=None, **options):
    path = folder / "corpus.json"
    lines = [json.dumps(one, ensure_ascii=False, indent=indent) for one in documents]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert recognise(path) == "uima_json"
    return list(uima_json.read(path, **options))


def spans(row):
    assert all(row.text[x.start : x.end] == x.text for x in row.entities)
    return [(entity.label, entity.text) for entity in row.entities]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_sentence_is_a_row_and_offsets_count_utf16(tmp_path, indent):
    title = annotation(f"{DKPRO}metadata.type.DocumentMetaData", 0, 24, documentTitle="n.txt")
    content = document(
        title,
        annotation(SENTENCE, 9, 24),
        annotation(SENTENCE, 0, 8),
        annotation(NAME, 18, 23, value="LOC"),
        annotation(NAME, 2, 4, value="PER", identifier="x"),
        annotation(NAME, 0, 4, value="OUTER"),
    )
    first, second = read(tmp_path, content, indent=indent)
    assert (first.text, spans(first), first.id) == (
        "😊王芳在济南。",
        [("PER", "王芳"), ("OUTER", "😊王芳")],
        "n.txt#1",
    )
    assert (second.text, spans(second), second.id) == ("Ana left Porto.", [("LOC", "Porto")], "n.txt#2")
    assert (first.place, second.place, first.notes, second.notes) == (1, 2, (), ())


def test_a_document_without_sentences_is_a_row_and_a_file_may_hold_several(tmp_path):
    content = document(annotation("webanno.custom.PHI", 2, 4, kind="NAME"))
    rows = read(tmp_path, content, content)
    assert [(row.place, row.text, spans(row)) for row in rows] == [
        (1, TEXT, [("NAME", "王芳")]),
        (2, TEXT, [("NAME", "王芳")]),
    ]


def test_early_versions_have_anchors_and_an_object_of_structures(tmp_path):
    content = document({"%TYPE": NAME, "@sofa": 1, "^begin": 2, "^end": 4, "value": "PER"})
    content["%FEATURE_STRUCTURES"] = {str(one.pop("%ID")): one for one in content["%FEATURE_STRUCTURES"]}
    (row,) = read(tmp_path, content)
    assert spans(row) == [("PER", "王芳")]


def test_what_is_no_entity_of_a_sentence_is_counted(tmp_path):
    content = document(
        annotation(SENTENCE, 0, 8),
        annotation(NAME, 2, 4),
        annotation(NAME, 2, 2, value="PER"),
        annotation("webanno.custom.Relation", 2, 4, **{"@Governor": 3, "@Dependent": 4}),
        annotation(f"{DKPRO}coref.type.CoreferenceLink", 2, 4, referenceType="pr"),
        annotation(f"{DKPRO}lexmorph.type.pos.POS", 2, 4, PosValue="NR"),
        annotation(f"{DKPRO}lexmorph.type.pos.POS", 4, 5, PosValue="P"),
        annotation(f"{DKPRO}segmentation.type.Token", 2, 4),
        {**annotation(NAME, 0, 1, value="PER"), "@sofa": 9},
    )
    (row,) = read(tmp_path, content)
    assert row.entities == ()
    assert row.notes == (
        "text_outside_sentences",
        "span_without_label",
        "annotation_of_no_characters",
        "annotation_of_another_text",
        "relation",
        "chain",
        "other_layer",
    )


def test_an_entity_across_sentences_is_in_none_of_them(tmp_path):
    content = document(
        annotation(SENTENCE, 0, 8), annotation(SENTENCE, 9, 24), annotation(NAME, 5, 12, value="LOC")
    )
    first, second = read(tmp_path, content)
    assert first.notes == second.notes == ("entity_across_sentences",)
    assert first.entities == (RawEntity("LOC", "… 济南。\nAna …", 4, 11),)
    assert second.entities == (RawEntity("LOC", "… 济南。\nAna …", -4, 3),)


TWO = document(
    annotation("webanno.custom.Mention", 2, 4, kind="人", source="a"),
    annotation("webanno.custom.Place", 5, 7, value="地"),
)


def test_a_type_and_its_feature_can_be_named(tmp_path):
    assert spans(read(tmp_path, TWO, layer="Mention")[0]) == [("人", "王芳")]
    assert spans(read(tmp_path, TWO, layer="webanno.custom.Place")[0]) == [("地", "济南")]
    assert spans(read(tmp_path, TWO, layer="Mention|source")[0]) == [("a", "王芳")]
    with pytest.raises(UsageError, match="has several layers of spans; give --layer one of Mention, Place"):
        read(tmp_path, TWO)
    with pytest.raises(UsageError, match="no layer 'Person'; give --layer one of Mention, Place"):
        read(tmp_path, TWO, layer="Person")


def test_a_document_without_entities_is_a_row_whatever_layer_is_named(tmp_path):
    declared = {NAME: {"%NAME": NAME, "value": {"%NAME": "value", "%RANGE": "uima.cas.String"}}}
    assert read(tmp_path, document(types=declared))[0].entities == ()
    assert read(tmp_path, document(types=declared), layer="NamedEntity")[0].entities == ()
    with pytest.raises(UsageError, match="no layer 'Person'"):
        read(tmp_path, document(types=declared), layer="Person")


XMI = '<?xml version="1.0"?>\n<xmi:XMI xmlns:xmi="http://www.omg.org/XMI"><cas:Sofa/></xmi:XMI>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (XMI, "is XMI, which is not read; export the document as UIMA CAS JSON 0.4.0 or as WebAnno TSV v3.3"),
        ('{"_context": {}, "_views": {}}', "found UIMA JSON of before version 0.4.0; expected %TYPES"),
        (json.dumps({"%TYPES": {}, "%FEATURE_STRUCTURES": []}), r"has 0 texts \(sofaString\); expected one"),
    ],
    ids=["xmi", "old", "no_text"],
)
def test_what_is_not_read_is_told_with_what_to_export(tmp_path, content, message):
    path = tmp_path / "corpus.json"
    path.write_text(content, encoding="utf-8")
    assert recognise(path) == "uima_json"
    with pytest.raises(UserError, match=message):
        list(uima_json.read(path))


def test_a_long_document_takes_linear_time(tmp_path):
    n = 1_000
    sentences = [annotation(SENTENCE, 4 * at, 4 * at + 3) for at in range(n)]
    names = [annotation(NAME, 4 * at, 4 * at + 2, value="PER") for at in range(n)]
    rows = read(tmp_path, document(*sentences, *names, text="王芳。\n" * n))
    assert [spans(row) for row in rows] == [[("PER", "王芳")]] * n
