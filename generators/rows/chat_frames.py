"""The chat templates of LLaMA-Factory that the shipped recipes use: what they write around turns.

All of an answer is learnt, and nothing else. A test compares the templates with the registered ones of the
installed version. Those that do more than put text around turns (thinking, tools, tokens without characters)
are not among them.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from nerforge.generators.chat_turns import ASSISTANT, SYSTEM, ChatTurn

CONTENT = "{{content}}"
"""Stands for the words of a turn."""


class ChatFrame(msgspec.Struct, frozen=True):
    """What a template writes for turns; each is encoded by itself."""

    name: str
    system: str
    user: str
    """Ends where the answer begins."""
    assistant: str
    """All of it is learnt."""
    default_system: str = ""
    """The system turn of rows that have none."""


class FramedTurn(NamedTuple):
    """Text that is encoded as one."""

    text: str
    is_learnt: bool


_CHATML = ChatFrame(
    "chatml",
    "<|im_start|>system\n{{content}}<|im_end|>\n",
    "<|im_start|>user\n{{content}}<|im_end|>\n<|im_start|>assistant\n",
    "{{content}}<|im_end|>\n",
)
_QWEN = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
CHAT_FRAMES = {
    frame.name: frame
    for frame in (
        msgspec.structs.replace(_CHATML, name="qwen3_nothink"),
        msgspec.structs.replace(_CHATML, name="qwen", default_system=_QWEN),
        _CHATML,
        ChatFrame(
            "phi4",
            "<|im_start|>system<|im_sep|>{{content}}<|im_end|>",
            "<|im_start|>user<|im_sep|>{{content}}<|im_end|><|im_start|>assistant<|im_sep|>",
            "{{content}}<|im_end|>",
        ),
    )
}


def frame_turns(turns: Sequence[ChatTurn], frame: ChatFrame) -> Iterator[FramedTurn]:
    """Write turns as a template does, in order."""
    if frame.default_system and not any(turn.role == SYSTEM and turn.text for turn in turns):
        yield FramedTurn(frame.system.replace(CONTENT, frame.default_system), False)
    for turn in turns:
        if turn.role == ASSISTANT:
            yield FramedTurn(frame.assistant.replace(CONTENT, turn.text), True)
        elif turn.role != SYSTEM:
            yield FramedTurn(frame.user.replace(CONTENT, turn.text), False)
        elif turn.text:
            yield FramedTurn(frame.system.replace(CONTENT, turn.text), False)
