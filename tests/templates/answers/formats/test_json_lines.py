"""The json format: literal answers as they are written, and as models break them."""

import pytest

from nerforge.templates.answers import is_lossless, load_format
from nerforge.templates.domain import Answer, Entity, Outcome, Problem, ProblemKind, Sample
from nerforge.templates.tasks import load_task

JSON = load_format("json")
CCFBDCI = load_task("ccfbdci").schema
CMEEE = load_task("cmeee").schema
POWER = load_task("power").schema

FEVER = Entity("sym", "发热", 2, 4)
COUGH = Entity("sym", "咳嗽", 7, 9)
TEXT = "患者发热三天后咳嗽"
FEVER_LINE = '{"entity_text": "发热", "entity_label": "临床表现"}'


@pytest.mark.parametrize(
    ("schema", "text", "entities", "golden"),
    [
        pytest.param(
            CCFBDCI,
            "王海在上海",
            (Entity("PER", "王海", 0, 2), Entity("GPE", "上海", 3, 5)),
            '{"entity_text": "王海", "entity_label": "人名"}\n'
            '{"entity_text": "上海", "entity_label": "地理实体"}',
            id="flat",
        ),
        pytest.param(
            CMEEE,
            "细胞减少明显",
            (Entity("sym", "细胞减少", 0, 4), Entity("bod", "细胞", 0, 2)),
            '{"entity_text": "细胞减少", "entity_label": "临床表现"}\n'
            '{"entity_text": "细胞", "entity_label": "身体"}',
            id="nested",
        ),
        pytest.param(
            POWER,
            "菏泽市投诉个数",
            (Entity("Province", "山东省"), Entity("City", "菏泽", 0, 3), Entity("Indicator", "投诉", 3, 5)),
            '{"entity_text": "山东省", "entity_label": "Province"}\n'
            '{"entity_text": "菏泽", "entity_label": "City"}\n'
            '{"entity_text": "投诉", "entity_label": "Indicator"}',
            id="normalised and inferred",
        ),
        pytest.param(CCFBDCI, "天气很好", (), "没有找到任何实体", id="no entity"),
        pytest.param(
            CCFBDCI,
            '"A\\B"社',
            (Entity("ORG", '"A\\B"社', 0, 6),),
            r'{"entity_text": "\"A\\B\"社", "entity_label": "组织"}',
            id="quotes and backslash",
        ),
        pytest.param(
            CCFBDCI,
            "上\n海\t",
            (Entity("GPE", "上\n海\t", 0, 4),),
            r'{"entity_text": "上\n海\t", "entity_label": "地理实体"}',
            id="newline and tab",
        ),
        pytest.param(
            CCFBDCI,
            "<人名>&lt;",
            (Entity("PER", "<人名>&lt;", 0, 8),),
            '{"entity_text": "<人名>&lt;", "entity_label": "人名"}',
            id="tags and escapes",
        ),
        pytest.param(
            CCFBDCI,
            "😀𠮷野家",
            (Entity("ORG", "𠮷野家", 1, 4),),
            '{"entity_text": "𠮷野家", "entity_label": "组织"}',
            id="beyond the basic plane",
        ),
    ],
)
def test_an_answer_is_written_so_and_read_back(schema, text, entities, golden):
    assert JSON.encode(Sample("a", text, entities), schema) == golden
    outcome = Outcome.CLEAN if entities else Outcome.EMPTY
    assert JSON.decode(golden, text, schema) == Answer(entities, outcome)


def test_an_entity_that_contradicts_its_sentence_is_not_written():
    with pytest.raises(ValueError, match=r"entity '海南' \(GPE\) at 3-5: the text says '上海'"):
        JSON.encode(Sample("a", "王海在上海", (Entity("GPE", "海南", 3, 5),)), CCFBDCI)


@pytest.mark.parametrize(
    ("answer", "entities", "outcome", "problems"),
    [
        pytest.param("", (), Outcome.UNPARSABLE, [ProblemKind.NO_ANSWER], id="empty"),
        pytest.param(" \n\t", (), Outcome.UNPARSABLE, [ProblemKind.NO_ANSWER], id="blank"),
        pytest.param("\n没有找到任何实体\n", (), Outcome.EMPTY, [], id="empty sentence in newlines"),
        pytest.param(f"\n{FEVER_LINE}\n", (FEVER,), Outcome.CLEAN, [], id="leading newline"),
        pytest.param(
            FEVER_LINE + '\r\n\r\n{"entity_text": "咳嗽", "entity_label": "临床表现"}\r\n',
            (FEVER, COUGH),
            Outcome.CLEAN,
            [],
            id="windows newlines and a blank line",
        ),
        pytest.param(
            FEVER_LINE + '\n{"entity_text": "咳',
            (FEVER,),
            Outcome.SALVAGED,
            [ProblemKind.CUT_OFF],
            id="cut off in the second line",
        ),
        pytest.param(
            '{"entity_text": "发热", "entity_la',
            (),
            Outcome.UNPARSABLE,
            [ProblemKind.CUT_OFF],
            id="cut off in the only line",
        ),
        pytest.param(
            '{"entity_text": "咳嗽, "entity_label": "临床表现"}\n' + FEVER_LINE,
            (COUGH, FEVER),
            Outcome.REPAIRED,
            [ProblemKind.JSON_REPAIRED],
            id="missing quote in the first line",
        ),
        pytest.param(
            '{"entity_text": "咳嗽", "entity_label": "感觉"}\n' + FEVER_LINE,
            (FEVER,),
            Outcome.REPAIRED,
            [ProblemKind.UNKNOWN_LABEL],
            id="unknown label",
        ),
        pytest.param(
            '{"entity_text": "咳嗽", "entity_label": "sym"}',
            (COUGH,),
            Outcome.REPAIRED,
            [ProblemKind.LABEL_VARIANT],
            id="gold name in place of the answer name",
        ),
        pytest.param(
            '{"entity_text": "", "entity_label": "临床表现"}\n' + FEVER_LINE,
            (FEVER,),
            Outcome.REPAIRED,
            [ProblemKind.EMPTY_VALUE],
            id="empty value",
        ),
        pytest.param(
            '{"entity_text": "咳嗽", "label": "临床表现"}\n' + FEVER_LINE,
            (COUGH, FEVER),
            Outcome.REPAIRED,
            [ProblemKind.OTHER_LAYOUT],
            id="another key",
        ),
        pytest.param(
            '{"entity_text": "咳嗽"}\n' + FEVER_LINE,
            (FEVER,),
            Outcome.REPAIRED,
            [ProblemKind.BAD_OBJECT],
            id="missing field",
        ),
        pytest.param(
            '{"entity_text": ["发热", "咳嗽"], "entity_label": "临床表现"}',
            (FEVER, COUGH),
            Outcome.REPAIRED,
            [ProblemKind.OTHER_LAYOUT],
            id="list for a value",
        ),
        pytest.param("[" * 5000, (), Outcome.UNPARSABLE, [ProblemKind.CUT_OFF], id="runaway brackets"),
        pytest.param(
            '{"x": ' + "[" * 100_000, (), Outcome.UNPARSABLE, [ProblemKind.CUT_OFF], id="brackets too deep"
        ),
        pytest.param(
            '{"entity_text": "头痛", "entity_label": "临床表现"}\n' + FEVER_LINE,
            (Entity("sym", "头痛"), FEVER),
            Outcome.CLEAN,
            [ProblemKind.NOT_IN_TEXT],
            id="value that the sentence does not say",
        ),
        pytest.param(
            '{"entity_text": "\ud83d", "entity_label": "临床表现"}\n' + FEVER_LINE,
            (Entity("sym", "\ufffd"), FEVER),
            Outcome.REPAIRED,
            [ProblemKind.OTHER_LAYOUT, ProblemKind.NOT_IN_TEXT],
            id="half of a surrogate pair",
        ),
        pytest.param(
            '{"entity_text": "咳嗽", "entity_label": "临床表现", "start": 7}\n' + FEVER_LINE,
            (COUGH, FEVER),
            Outcome.REPAIRED,
            [ProblemKind.OTHER_LAYOUT],
            id="further field, other order",
        ),
    ],
)
def test_a_broken_answer_gives_what_can_be_saved(answer, entities, outcome, problems):
    read = JSON.decode(answer, TEXT, CMEEE)
    assert read.entities == entities
    assert read.outcome is outcome
    assert [problem.kind for problem in read.problems] == problems


def test_a_problem_shows_the_piece_that_it_is_about():
    read = JSON.decode('{"entity_text": "咳嗽", "entity_label": "感觉"}\n坏行\n' + FEVER_LINE, TEXT, CMEEE)
    assert read.problems == (
        Problem(ProblemKind.UNKNOWN_LABEL, "感觉: 咳嗽"),
        Problem(ProblemKind.CHATTER, "坏行"),
    )


def test_a_separator_that_python_takes_for_a_line_end_does_not_break_a_line():
    text = "上\u2028海\x85"
    sample = Sample("a", text, (Entity("GPE", text, 0, 4),))
    assert is_lossless(JSON, sample, JSON.encode(sample, CCFBDCI), CCFBDCI)


def test_the_format_cannot_say_which_of_two_mentions_is_meant():
    sample = Sample("a", "发热三天，再发热", (Entity("sym", "发热", 6, 8),))
    answer = JSON.encode(sample, CMEEE)
    assert JSON.decode(answer, sample.text, CMEEE).entities == (Entity("sym", "发热", 0, 2),)
    assert not is_lossless(JSON, sample, answer, CMEEE)


def test_both_of_two_mentions_are_read_back():
    sample = Sample("a", "发热三天，再发热", (Entity("sym", "发热", 0, 2), Entity("sym", "发热", 6, 8)))
    assert is_lossless(JSON, sample, JSON.encode(sample, CMEEE), CMEEE)
