"""A context-free grammar of answers, and how grammar engines write one down."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

START = "start"
"""The rule that an answer follows."""


class Rule(NamedTuple):
    """A reference to a rule."""

    name: str


Part = str | Rule
"""Some characters, or whatever a rule gives."""
Alternative = tuple[Part, ...]
"""Parts one behind the other; none for nothing."""


def letters(text: str) -> Alternative:
    """Give a text character by character.

    llguidance reads the longest literal that may stand somewhere: of ``<`` and ``<疾病>`` it would never try
    the first where both may, so no literal may begin with another one that may stand in its place.
    """
    return tuple(text)


class Grammar:
    """Rules by name, each with its alternatives."""

    def __init__(self) -> None:
        """Begin without rules."""
        self.rules: dict[str, list[Alternative]] = {}
        self._waiting: list[tuple[str, Callable[[], Iterable[Alternative]]]] = []
        self._known: dict[tuple[object, ...], Rule] = {}

    def rule(self, key: tuple[object, ...], make: Callable[[], Iterable[Alternative]]) -> Rule:
        """Refer to the rule of a key, whose alternatives are made when the grammar is completed."""
        rule = self._known.get(key)
        if rule is None:
            # Short names: engines parse thousands of rules for a long sentence.
            rule = self._known[key] = Rule(f"R{len(self._known):X}")
            self._waiting.append((rule.name, make))
        return rule

    def complete(self, answers: Iterable[Alternative], before: str = "") -> "Grammar":
        """Make every rule that is referred to, and give the grammar.

        Args:
            answers: What an answer may be.
            before: What may stand before an answer; an empty text for nothing.
        """
        bare = list(answers)
        self.rules[START] = [*bare, *((*letters(before), *answer) for answer in bare if before)]
        while self._waiting:
            name, make = self._waiting.pop()
            self.rules[name] = list(dict.fromkeys(make()))
        self._drop_impossible()
        return self

    def _drop_impossible(self) -> None:
        """Drop rules that have no alternatives, and alternatives that need such a rule."""
        while empty := {name for name, found in self.rules.items() if not found}:
            for name in empty:
                del self.rules[name]
            for name, found in self.rules.items():
                self.rules[name] = [
                    x for x in found if not any(isinstance(y, Rule) and y.name in empty for y in x)
                ]

    def lark(self) -> str:
        """Write it in the syntax of llguidance, a variant of Lark's.

        No rule refers to itself, so that all but the first are written as terminals, in capitals: these are
        compiled into one automaton, which takes half as long, and may have any number of rules.
        """
        return "".join(_lines(self.rules, ": ", _json_string))

    def gbnf(self) -> str:
        """Write it in the syntax of llama.cpp, which xgrammar reads too; its first rule is ``root``."""
        renamed = {"root" if name == START else name: found for name, found in self.rules.items()}
        return "".join(_lines(renamed, " ::= ", _gbnf_string))


def _lines(rules: Mapping[str, list[Alternative]], sign: str, quote: Callable[[str], str]) -> Iterator[str]:
    # A grammar has many places of few different characters.
    quoted: dict[str, str] = {}
    for name, alternatives in rules.items():
        written = []
        for alternative in alternatives:
            parts = []
            for part in alternative:
                if isinstance(part, Rule):
                    parts.append(part.name)
                else:
                    if part not in quoted:
                        quoted[part] = quote(part)
                    parts.append(quoted[part])
            written.append(" ".join(parts) or '""')
        yield f"{name}{sign}{' | '.join(written)}\n"


# The parser of llguidance refuses these as they stand, JSON does not.
_CONTROLS = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}


def _json_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_CONTROLS)


_GBNF_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_GBNF_CONTROLS = {code: f"\\x{code:02X}" for code in (*range(0x20), 0x7F)} | {
    code: f"\\u{code:04X}" for code in range(0x80, 0xA0)
}


def _gbnf_string(text: str) -> str:
    escaped = "".join(_GBNF_ESCAPES.get(c, c) for c in text).translate(_GBNF_CONTROLS)
    return f'"{escaped}"'
