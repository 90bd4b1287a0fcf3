"""What a prompt says around the sentence it asks about, in both turns."""

from collections.abc import Mapping
from typing import Any

import msgspec
from jinja2 import Template

from nerforge.foundation.errors import UsageError, UserError

USER, SYSTEM = TURNS = ("user", "system")
"""Where the instruction stands: before the sentence, or in the system turn."""
_MARK = "\ufdd0sentence\ufdd1"
"""Stands for the sentence while a prompt is rendered; no text holds these noncharacters."""


class PromptFrame(msgspec.Struct, frozen=True):
    """What is said before and behind a sentence; the sentence itself is put in as it stands."""

    system: str | None = None
    """The system turn; None where there is none."""
    before: str = ""
    """What stands before the sentence in the user turn, with its line break."""
    behind: str = ""

    @property
    def text(self) -> str:
        """All that is said, without the sentence."""
        return "".join((self.system or "", self.before, self.behind)).strip()

    def user_turn(self, sentence: str) -> str:
        """Put a sentence in."""
        return f"{self.before}{sentence}{self.behind}"

    def sentence(self, user_turn: str) -> str | None:
        """Take the sentence out of a user turn; None where another frame stands around it."""
        end = len(user_turn) - len(self.behind)
        # "甲乙" and "乙丙" around a sentence both fit the turn "甲乙丙"; `end` then tells that they overlap.
        fits = user_turn.startswith(self.before) and user_turn.endswith(self.behind)
        return user_turn[len(self.before) : end] if fits and end >= len(self.before) else None


class _Sentence:
    """What a template sees as ``text``: it can be put somewhere, and nothing else."""

    def __str__(self) -> str:
        return _MARK


class Framing(msgspec.Struct, frozen=True):
    """How a user wants the sentence to be framed."""

    turn: str = USER
    """Where an instruction stands whose file does not say so itself, one of ``TURNS``."""
    prefix: str | None = None
    """What stands right before the sentence in the user turn; None for what the prompt has."""


def renders_turns(template: Template) -> bool:
    """Tell whether a prompt's file says by blocks what stands in which turn."""
    return not template.blocks.keys().isdisjoint(TURNS)


def render_frame(
    template: Template, framing: Framing, variables: Mapping[str, Any], *, name: str
) -> PromptFrame:
    """Render a prompt's file.

    A file may have the blocks ``system`` and ``user``. One without them is an instruction, which goes into
    the turn that ``framing`` tells. ``{{ text }}`` says where the sentence stands in the user turn; where it
    is not said, the sentence stands on a line of its own behind all else.

    Args:
        template: The file.
        framing: What the user wants.
        variables: What the file sees, besides ``text``, ``turn`` and ``has_prefix``.
        name: The prompt's name, for messages.

    Raises:
        UsageError: the file contradicts the framing.
        UserError: it has text outside of its blocks, or places the sentence twice or in the system turn.
    """
    by_blocks = renders_turns(template)
    if by_blocks and framing.turn == SYSTEM and SYSTEM not in template.blocks:
        raise UsageError(f"prompt {name}: has no block `system`, as --turn system asks for")
    turn = framing.turn if not by_blocks else SYSTEM if SYSTEM in template.blocks else USER
    seen = {
        **variables,
        "text": _Sentence(),
        "turn": turn,
        "has_prefix": framing.prefix is not None,
    }
    if by_blocks:
        said = _render_blocks(template, seen, name)
    else:
        said = {turn: template.render(seen)}
    system = said.get(SYSTEM, "").strip()
    if _MARK in system:
        raise UserError(
            f"prompt {name}: the sentence would stand in the system turn; "
            "place {{ text }} in a block `user`, or use --turn user"
        )
    before, behind = _around_sentence(said.get(USER, ""), name)
    return PromptFrame(system or None, before + (framing.prefix or ""), behind)


def _render_blocks(template: Template, variables: Mapping[str, Any], name: str) -> dict[str, str]:
    context = template.new_context(dict(variables))
    blocks = context.blocks
    # The file as a whole is rendered first, for what it sets for its blocks; these say nothing meanwhile.
    context.blocks = {block: [lambda _: iter(())] for block in blocks}
    outside = "".join(template.root_render_func(context)).strip()
    if outside:
        raise UserError(f"prompt {name}: text stands outside of the blocks system and user: {outside[:40]!r}")
    context.blocks = blocks
    return {turn: "".join(blocks[turn][0](context)) for turn in TURNS if turn in blocks}


def _around_sentence(user: str, name: str) -> tuple[str, str]:
    parts = user.split(_MARK)
    if len(parts) > 2:
        raise UserError(
            f"prompt {name}: places the sentence {len(parts) - 1} times; place {{{{ text }}}} once"
        )
    # {{ text|upper }} changes the mark too, so it is no longer found as it is.
    if _MARK.casefold() in "".join(parts).casefold():
        raise UserError(f"prompt {name}: changes the sentence; {{{{ text }}}} can only be placed")
    if len(parts) == 2:
        return parts[0].lstrip(), parts[1].rstrip()
    instruction = user.strip()
    # LLaMA-Factory joins instruction and input of an alpaca row by one line break too.
    return (f"{instruction}\n" if instruction else ""), ""
