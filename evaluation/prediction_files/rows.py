"""The row that every layout of a predictions file is read into, and what a layout has to say of itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec


class Read(NamedTuple):
    """What one row of a predictions file says."""

    output: str | None
    """The answer as generated; None where there is none, as the request failed."""
    id: str | None = None
    """The gold id, in layouts that carry one."""
    prompt: str | None = None
    """What the model was asked, in layouts that carry it."""
    is_cut: bool = False
    """Whether the answer was cut at the limit of new tokens, as far as the layout says."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which programs write predictions, a JSON object a line or an array of them."""

    name: str
    shape: str
    """The fields, as an error message shows them."""
    fields: frozenset[str]
    """A row with all of these fields is taken for this layout."""
    read: Callable[[dict[str, Any]], Read]
    """Reads a row; raises ``msgspec.ValidationError`` where it does not fit."""
    has_gold_ids: bool = False
    """Whether the id of a row always is a gold id."""


class _Part(msgspec.Struct):
    text: str | None = None


class Message(msgspec.Struct):
    """A turn of a chat; vision-style content comes in parts."""

    role: str = "assistant"
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        """The words of the turn; a refusal or a tool call has none."""
        if isinstance(self.content, list):
            return "".join(part.text or "" for part in self.content)
        return self.content or ""


class _Choice(msgspec.Struct):
    message: Message
    finish_reason: str | None = None


class Completion(msgspec.Struct):
    """The body of a chat completion; of several choices the first counts."""

    choices: list[_Choice]

    def answer(self, row_id: str | None = None, prompt: str | None = None) -> Read:
        """Give the answer; a completion without choices is none."""
        if not self.choices:
            return Read(None, row_id, prompt)
        choice = self.choices[0]
        return Read(choice.message.text, row_id, prompt, choice.finish_reason == "length")


def last_user_turn(messages: list[Message]) -> str | None:
    """Give what the user said last; the sentence to tag stands in it."""
    return next((message.text for message in reversed(messages) if message.role == "user"), None)
