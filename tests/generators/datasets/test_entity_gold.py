"""Gold is read back as it was written, and refused where it contradicts itself."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import write_whole
from nerforge.generators.datasets.entity_gold import encode_gold, read_gold, stream_gold
from nerforge.templates.domain import Entity, LabelSchema, Sample
from nerforge.templates.tasks import load_task

POWER = load_task("power").schema
SAMPLES = [
    Sample(
        "power-000000",
        "菏泽市投诉",
        (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3), Entity("Indicator", "投诉", 3, 5)),
        {"template": "{city}{indicator}", "date_class": None, "left_open": []},
    ),
    Sample("power-000001", "没有"),
]


def read_stream(path: Path, schema: LabelSchema) -> list[Sample]:
    return list(stream_gold(path, schema))


both_ways = pytest.mark.parametrize("read", [read_gold, read_stream], ids=["whole", "stream"])
Reader = Callable[[Path, LabelSchema], list[Sample]]


def write(path, *lines):
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def line(id_="a", text="菏泽市投诉", entities="[]"):
    return f'{{"id": "{id_}", "text": "{text}", "entities": {entities}}}'


def test_a_gold_line_reads_exactly_so():
    sample = Sample("a", "菏泽市", (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3)), {"n": 1})
    assert b"".join(encode_gold([sample])).decode() == (
        '{"id":"a","text":"菏泽市","entities":['
        '{"label":"Province","text":"山东省","start":null,"end":null},'
        '{"label":"City","text":"菏泽","start":0,"end":3}],"meta":{"n":1}}\n'
    )


@both_ways
def test_gold_is_read_back_as_it_was_written(tmp_path: Path, read: Reader):
    write_whole(tmp_path / "gold.jsonl", encode_gold(SAMPLES))
    assert read(tmp_path / "gold.jsonl", POWER) == SAMPLES


def test_a_stream_reads_no_further_than_it_is_asked_to(tmp_path: Path):
    path = write(tmp_path / "gold.jsonl", line("a"), "{")
    assert next(stream_gold(path, POWER)).id == "a"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_any_text_is_read_back_as_it_was_written(tmp_path_factory, texts):
    path = tmp_path_factory.mktemp("gold") / "gold.jsonl"
    samples = [
        Sample(f"s{i}", text, (Entity("Indicator", text, 0, len(text)),)) for i, text in enumerate(texts)
    ]
    write_whole(path, encode_gold(samples))
    assert read_gold(path, POWER) == samples


def test_an_id_that_occurs_twice_is_refused_with_both_lines(tmp_path):
    path = write(tmp_path / "gold.jsonl", line("a"), line("b"), line("a"))
    with pytest.raises(UserError, match=r"gold\.jsonl:3: duplicate id 'a', first in line 1$"):
        read_gold(path, POWER)


@both_ways
@pytest.mark.parametrize(
    ("entities", "message"),
    [
        pytest.param(
            '[{"label": "City", "text": "济南", "start": 0, "end": 2}]',
            r"entity '济南' \(City\) at 0-2: the text says '菏泽'",
            id="other characters",
        ),
        pytest.param(
            '[{"label": "Indicator", "text": "投诉", "start": 4, "end": 6}]',
            "entity '投诉' \\(Indicator\\) ends at 6, the text has 5 characters",
            id="beyond the text",
        ),
        pytest.param(
            '[{"label": "Town", "text": "菏泽", "start": 0, "end": 2}]',
            "label 'Town' is not one of Date, Province, City, Company, Substation, Indicator",
            id="unknown label",
        ),
        pytest.param(
            '[{"label": "Indicator", "text": "投诉"}]',
            "has no span and the task infers none",
            id="not inferable",
        ),
        pytest.param(
            '[{"label": "Town", "text": "山东"}]',
            "label 'Town' is not one of Date, Province",
            id="unknown label without a span",
        ),
        pytest.param('[{"label": "City", "text": "菏泽", "start": 0}]', "both be given", id="half a span"),
        pytest.param(
            '[{"label": "City", "text": "菏泽", "start": 2, "end": 0}]',
            "span 2-0 is not",
            id="end before start",
        ),
        pytest.param('[{"label": "City", "text": ""}]', "needs a label and a text", id="empty text"),
        pytest.param('[{"label": "City"}]', "missing required field `text`", id="missing field"),
    ],
)
def test_an_entity_that_cannot_be_is_refused_with_its_line(
    tmp_path: Path, entities: str, message: str, read: Reader
):
    path = write(tmp_path / "gold.jsonl", line("z"), line("a", entities=entities))
    with pytest.raises(UserError, match=rf"gold\.jsonl:2: .*{message}"):
        read(path, POWER)


def test_a_file_without_samples_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"gold\.jsonl: holds no samples"):
        read_gold(write(tmp_path / "gold.jsonl", "", ""), POWER)


@both_ways
def test_all_faults_of_a_file_are_told_at_once_each_with_its_line(tmp_path: Path, read: Reader):
    beyond = '[{"label": "Indicator", "text": "投诉", "start": 9, "end": 11}]'
    unknown = '[{"label": "Town", "text": "菏泽", "start": 0, "end": 2}, {"label": "Date", "text": "今天"}]'
    path = write(
        tmp_path / "gold.jsonl", line("a"), line("b", entities=beyond), "{", line("c", entities=unknown)
    )
    with pytest.raises(UserError) as caught:
        read(path, POWER)
    lines = str(caught.value).splitlines()
    assert [entry.partition(": ")[0][len(str(path)) :] for entry in lines] == [":2", ":3", ":4", ":4"]
    assert "ends at 11" in lines[0]
    assert "not JSON" in lines[1]
    assert "label 'Town'" in lines[2]
    assert "has no span" in lines[3]


def test_of_many_faults_the_first_and_their_number_are_told(tmp_path: Path):
    lines = [line(str(number), entities='[{"label": "Town", "text": "x"}]') for number in range(1_500)]
    with pytest.raises(UserError) as caught:
        read_gold(write(tmp_path / "gold.jsonl", *lines), POWER)
    *first, last = str(caught.value).splitlines()
    assert len(first) == 20
    assert last.endswith("gold.jsonl: 1,500 faults in all; the first 20 are shown")


def test_an_id_that_occurs_twice_is_told_beside_other_faults(tmp_path: Path):
    path = write(tmp_path / "gold.jsonl", line("a"), line("b", entities='[{"label": "City"}]'), line("a"))
    with pytest.raises(UserError, match=r"(?s)gold\.jsonl:2: .*`text`.*gold\.jsonl:3: duplicate id 'a'"):
        read_gold(path, POWER)
