"""Find the JSON values in an answer, whole or broken, whatever stands around them.

Broken values are mended by json-repair (https://github.com/mangiucugna/json_repair), whose time grows with
the square of a piece's length on hostile input: pieces are cut small, and an answer's repairs are bounded.
"""

import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from nerforge.templates.answers.envelope import unwrap
from nerforge.templates.domain import Problem, ProblemKind
from nerforge.templates.mentions.statements import excerpt

_MAX_REPAIR = 4_000
"""Characters of the longest piece that is repaired; a longer one is read object by object."""
_REPAIR_BUDGET = 20_000_000
"""Sum of the squares of the lengths of the pieces that are repaired in one answer."""
_REPAIR_CALL = 5_000
"""What each repair costs of that, however short."""
_MAX_DEPTH = 40
_OPENER = re.compile(r"[\[{｛［]")
_FULL_WIDTH = str.maketrans("｛｝［］：，“”＂", '{}[]:,"""')
# Brackets of both widths; a line break counts only where the next line begins with a brace.
_STEP = re.compile(r"[{}\[\]｛｝［］]|\n(?=[ \t]{0,20}[{｛])")
# Possessive (++): a model in a loop writes "{},{},{}" for thousands of characters.
_EMPTY_OBJECTS = re.compile(r"(?:\{\}[,;]?)++")
_LIST_OPENERS = re.compile(r"[\[［]++")
_SEPARATORS = " \t\r\n,;，；、.。·*-|"
_STRING = re.compile(r'"(?:[^"\\]|\\.)*+(?P<end>")?', re.DOTALL)
_FLAT_OBJECT = re.compile(r"\{[^{}]{0,2000}\}")


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """Make an object; one in which keys come again is several objects, or one whose lists are joined."""
    # Models repeat keys, of which json keeps the last: {"疾病": ["a"], "疾病": ["b"]} becomes
    # {"疾病": ["a", "b"]}, {"entity_text": "a", ..., "entity_text": "b", ...} two objects.
    made = dict(pairs)
    if len(made) == len(pairs):
        return made
    if all(isinstance(value, list) for _, value in pairs):
        return {key: [item for name, items in pairs if name == key for item in items] for key in made}
    objects: list[dict[str, Any]] = [{}]
    for key, value in pairs:
        if key in objects[-1]:
            objects.append({})
        objects[-1][key] = value
    return objects


def _integer(digits: str) -> int | float:
    """Read an integer; one of more digits than Python converts becomes a float."""
    # int() refuses more than 4,300 digits with a ValueError, which would end the reading of the answer.
    return int(digits) if len(digits) <= 300 else float(digits)


DECODER = json.JSONDecoder(strict=False, object_pairs_hook=_object, parse_int=_integer)
"""Reads JSON with control characters in strings, and loses no key that comes twice."""


@dataclass(slots=True)
class Value:
    """A JSON value of an answer."""

    value: Any
    source: str
    """The piece of the answer that it was read from."""
    is_repaired: bool = False
    is_cut: bool = False
    """Whether the answer ends before the value does; what was cut is not in ``value``."""


@dataclass(slots=True)
class Scan:
    """The values of an answer in its order, and what stands between them."""

    values: list[Value] = field(default_factory=list)
    chatter: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_values(answer: str) -> list[Any]:
    """Give the JSON values that can be read from an answer, repaired where they are broken."""
    return [value.value for value in scan(unwrap(answer, "").body).values]


def scan(body: str) -> Scan:
    """Read every object and array of ``body``; time is linear in its length."""
    return _Scanner(body).run()


class _Scanner:
    def __init__(self, body: str) -> None:
        self.body = body
        self.result = Scan()
        self.budget = _REPAIR_BUDGET
        self.n_open_lists = 0
        # "[[[[..." would be decoded once from each bracket: characters decoded without a result count here.
        self.waste = len(body) + 50_000
        """Characters that may still be read in vain."""

    def run(self) -> Scan:
        cursor = 0
        while opener := _OPENER.search(self.body, cursor):
            self._between(self.body[cursor : opener.start()])
            cursor = self._value(opener.start())
        self._between(self.body[cursor:])
        if self.n_open_lists > 0 and not any(value.is_cut for value in self.result.values):
            self.result.problems.append(Problem(ProblemKind.CUT_OFF, excerpt(self.body[-60:])))
        return self.result

    def _between(self, piece: str) -> None:
        self.n_open_lists -= piece.count("]") + piece.count("］")
        if words := piece.strip(_SEPARATORS + "]}］｝"):
            self.result.chatter.append(words)

    def _value(self, start: int) -> int:
        """Read the value at ``start``, or step over its opening bracket, and give where to go on."""
        if empty := _EMPTY_OBJECTS.match(self.body, start):
            self.result.values.append(Value({}, "{}"))
            return empty.end()
        is_list = self.body[start] in "[［"
        if is_list and self.waste <= 0 and (run := _LIST_OPENERS.match(self.body, start)):
            self.n_open_lists += len(run[0])
            return run.end()
        end, depth, is_closed = self._extent(start)
        if (read_to := self._whole(start, end)) is not None:
            return read_to
        following = self.body[start + 1 : start + 40].lstrip()
        # A broken array of objects: its bracket is skipped, so that each whole object in it is still read.
        if is_list and (not following or following[0] in "{[｛［]" or depth > _MAX_DEPTH):
            self.waste -= end - start
            self.n_open_lists += 1
            return start + 1
        piece = self.body[start:end]
        # {"a": "肺炎", "b": "疾 is truncated, and `whole` ends before the string that may be half of one.
        is_cut, whole = False, piece
        if not is_closed and end == len(self.body):
            is_cut, whole = _cut(piece)
        if len(piece) > _MAX_REPAIR or depth > _MAX_DEPTH:
            self._object_by_object(piece, is_cut)
        else:
            self._repair(piece, whole, is_cut)
        return end

    def _whole(self, start: int, end: int) -> int | None:
        """Read a valid value at ``start``, which should end at ``end``; give its end, None if it is none."""
        try:
            value, length = DECODER.raw_decode(self.body[start:end])
        except (ValueError, RecursionError):
            if self.waste <= 0:
                return None
        else:
            self.result.values.append(Value(value, self.body[start : start + length]))
            return start + length
        if end == len(self.body):
            return None
        # Brackets in strings mislead the extent of a value that is valid.
        window = self.body[start : max(end, start + _MAX_REPAIR)]
        self.waste -= len(window)
        try:
            value, length = DECODER.raw_decode(window)
        except (ValueError, RecursionError):
            return None
        self.result.values.append(Value(value, window[:length]))
        return start + length

    def _extent(self, start: int) -> tuple[int, int, bool]:
        """Tell where the value at ``start`` seems to end, how deep it nests, and whether it is closed.

        Brackets in strings count too, as a broken string has no sure end. A new line that begins with a
        brace ends a value in which no list is open.
        """
        depth = deepest = lists = 0
        for step in _STEP.finditer(self.body, start):
            sign = step[0]
            if sign == "\n":
                # {"entity_text": "肺炎" and a new line with {"entity_text": ...: the first lacks its brace.
                before = self.body[max(start, step.start() - 20) : step.start()].rstrip()
                if lists == 0 and not before.endswith((":", "：")):
                    return step.start(), deepest, False
                continue
            if sign in "{[｛［":
                depth += 1
                lists += sign in "[［"
                deepest = max(deepest, depth)
            else:
                depth -= 1
                lists -= sign in "]］"
                if depth <= 0:
                    return step.end(), deepest, True
        return len(self.body), deepest, False

    def _repair(self, piece: str, whole: str, is_cut: bool) -> None:
        """Mend a piece, of which ``whole`` is not cut."""
        self.budget -= len(piece) ** 2 + _REPAIR_CALL
        value = _repaired(whole) if self.budget > 0 else None
        if isinstance(value, dict | list):
            self.result.values.append(Value(value, piece, is_repaired=True, is_cut=is_cut))
        else:
            kind = ProblemKind.CUT_OFF if is_cut else ProblemKind.BAD_JSON
            self.result.problems.append(Problem(kind, excerpt(piece)))

    def _object_by_object(self, piece: str, is_cut: bool) -> None:
        n_read = len(self.result.values)
        for found in _FLAT_OBJECT.finditer(piece):
            try:
                self.result.values.append(Value(DECODER.decode(found[0]), found[0], is_repaired=True))
            except (ValueError, RecursionError):
                self._repair(found[0], found[0], is_cut=False)
        if is_cut:
            self.result.problems.append(Problem(ProblemKind.CUT_OFF, excerpt(piece[-60:])))
        elif len(self.result.values) == n_read:
            self.result.problems.append(Problem(ProblemKind.BAD_JSON, excerpt(piece)))


@lru_cache(maxsize=1_024)
def _repaired(piece: str) -> Any:
    """Mend a piece; None where nothing comes of it. Kept, as a model in a loop repeats its pieces."""
    for variant in _variants(piece):
        try:
            return DECODER.decode(variant)
        except ValueError:
            continue
        except RecursionError:
            return None
    if '"' not in piece:
        piece = piece.translate(_FULL_WIDTH)
    # Few answers need it, and every command would import it.
    import json_repair

    try:
        return json_repair.loads(piece, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None


def _variants(piece: str) -> Iterator[str]:
    """Guess what is wrong: brackets are missing, or all quotes are escaped, full-width or single."""
    # Cheap guesses first: json-repair is slower by far, and changes more than it has to.
    if closing := _missing_brackets(piece):
        yield piece.rstrip(" \t\r\n,") + closing
    if '\\"' in piece:
        yield piece.replace('\\"', '"')
    if '"' not in piece:
        yield piece.translate(_FULL_WIDTH)
        yield piece.replace("'", '"')


def _missing_brackets(piece: str) -> str:
    """Give the brackets that close a piece, as far as it is JSON up to its end."""
    # {"疾病": ["肺炎" lacks ]}
    closing: list[str] = []
    for bracket in _STRING.sub("", piece):
        if bracket in "{[":
            closing.append("}" if bracket == "{" else "]")
        elif bracket in "}]" and (not closing or closing.pop() != bracket):
            return ""
    return "".join(reversed(closing))


def _open_string(piece: str) -> int | None:
    """Find where a string begins that the end of ``piece`` leaves open."""
    last = deque(_STRING.finditer(piece), maxlen=1)
    return last[0].start() if last and last[0]["end"] is None else None


def _cut(piece: str) -> tuple[bool, str]:
    """Tell whether the answer's end cut a piece, and give it without a string that may be half of one.

    A piece that lacks its bracket before the end of a sentence is not cut.
    """
    at = _open_string(piece)
    if at is not None:
        return True, piece[:at].rstrip(" \t\r\n,:")
    return piece.rstrip()[-1] not in "。.!！", piece
