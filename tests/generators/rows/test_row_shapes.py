"""The shapes of rows: what they say is the same in all of them, written and read."""

import json

import msgspec
import pytest

from nerforge.foundation.errors import UsageError
from nerforge.generators.rows.row_shapes import ROW_SHAPES, AnyShapeRow, RowTurns, row_shape
from nerforge.templates.frames import PromptFrame

ASKED = RowTurns("系统", "标注：\n王芳来访。", "王芳")


def read(row):
    return msgspec.convert(row, AnyShapeRow).turns()


@pytest.mark.parametrize("shape", ROW_SHAPES.values(), ids=list(ROW_SHAPES))
@pytest.mark.parametrize("turns", [ASKED, RowTurns(None, "a", "b")], ids=["system", "user"])
def test_a_row_says_what_was_written(shape, turns):
    assert read(shape.write(turns)) == turns


def test_rows_read_exactly_so():
    assert [ROW_SHAPES[name].write(ASKED) for name in ("alpaca", "messages", "sharegpt")] == [
        {"system": "系统", "instruction": "标注：\n王芳来访。", "input": "", "output": "王芳"},
        {
            "messages": [
                {"role": "system", "content": "系统"},
                {"role": "user", "content": "标注：\n王芳来访。"},
                {"role": "assistant", "content": "王芳"},
            ]
        },
        {
            "conversations": [
                {"from": "system", "value": "系统"},
                {"from": "human", "value": "标注：\n王芳来访。"},
                {"from": "gpt", "value": "王芳"},
            ]
        },
    ]


@pytest.mark.parametrize(
    ("row", "user"),
    [
        ({"instruction": "标注：", "input": "王芳"}, "标注：\n王芳"),
        ({"instruction": "", "input": "王芳", "system": "标"}, "王芳"),
        ({"instruction": "王芳"}, "王芳"),
    ],
)
def test_an_input_of_its_own_is_joined_as_llamafactory_does(row, user):
    assert read(row).user == user


@pytest.mark.parametrize("row", [{}, {"messages": []}, {"conversations": [{"from": "gpt", "value": "a"}]}])
def test_a_row_without_a_user_turn_is_refused(row):
    with pytest.raises(ValueError, match=r"has n"):
        read(row)


@pytest.mark.parametrize("shape", ROW_SHAPES.values(), ids=list(ROW_SHAPES))
@pytest.mark.parametrize("system", [None, '"系统"\n'])
@pytest.mark.parametrize("before", ["", "\ufdd0s\ufdd0\ufdd0a", '{"'])
def test_the_pieces_of_a_row_make_the_row(shape, system, before):
    frame = PromptFrame(system, before, "\\答：")
    head, between, tail = (piece.decode() for piece in shape.pieces(frame))
    row = shape.write(RowTurns(system, frame.user_turn("句"), "答"))
    assert f"{head}句{between}答{tail}" == json.dumps(row, ensure_ascii=False)


def test_an_unknown_shape_lists_the_known_ones():
    with pytest.raises(UsageError, match="unknown shape of rows 'openai'; known: alpaca, messages, sharegpt"):
        row_shape("openai")
