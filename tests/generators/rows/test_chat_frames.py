"""Chat templates are those of the installed LLaMA-Factory, whose file is read and not imported."""

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from nerforge.generators.chat_turns import ChatTurn
from nerforge.generators.rows.chat_frames import CHAT_FRAMES, ChatFrame, FramedTurn, frame_turns

TURNS = [
    ChatTurn("user", "一"),
    ChatTurn("assistant", "二"),
    ChatTurn("user", "三"),
    ChatTurn("assistant", "四"),
]


def registered(name: str) -> dict[str, Any]:
    """Give the arguments with which LLaMA-Factory registers a template."""
    spec = find_spec("llamafactory")
    if spec is None or spec.origin is None:
        pytest.skip("needs LLaMA-Factory")
    tree = ast.parse((Path(spec.origin).parent / "data" / "template.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "register_template":
            given = {argument.arg: argument.value for argument in node.keywords}
            if ast.literal_eval(given["name"]) == name:
                return given
    raise AssertionError(name)


def slots(value: ast.Call) -> Any:
    return ast.literal_eval(value.keywords[0].value)


@pytest.mark.parametrize("frame", CHAT_FRAMES.values(), ids=list(CHAT_FRAMES))
def test_a_frame_is_the_registered_template(frame: ChatFrame) -> None:
    given = registered(frame.name)
    assert slots(given["format_system"]) == [frame.system]
    assert slots(given["format_user"]) == [frame.user]
    assert slots(given["format_assistant"]) == [frame.assistant]
    default = given.get("default_system")
    assert ("" if default is None else ast.literal_eval(default)) == frame.default_system
    # What would write more than the three.
    assert not {"format_prefix", "template_class", "efficient_eos"} & given.keys()


def test_answers_alone_are_learnt_of_every_turn() -> None:
    written = list(frame_turns(TURNS, CHAT_FRAMES["chatml"]))
    assert [turn.is_learnt for turn in written] == [False, True, False, True]
    assert written[1] == FramedTurn("二<|im_end|>\n", True)
    assert "".join(turn.text for turn in written) == (
        "<|im_start|>user\n一<|im_end|>\n<|im_start|>assistant\n二<|im_end|>\n"
        "<|im_start|>user\n三<|im_end|>\n<|im_start|>assistant\n四<|im_end|>\n"
    )


def test_a_default_system_turn_stands_where_a_row_has_none() -> None:
    qwen = CHAT_FRAMES["qwen"]
    assert next(frame_turns(TURNS, qwen)).text.startswith("<|im_start|>system\nYou are Qwen")
    own = next(frame_turns([ChatTurn("system", "你标注。"), *TURNS], qwen))
    assert own.text == "<|im_start|>system\n你标注。<|im_end|>\n"
