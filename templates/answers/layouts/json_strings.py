"""Strings of JSON, whole or broken: where one ends, and what it says."""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from enum import Enum, auto
from functools import cached_property
from itertools import islice
from operator import itemgetter
from typing import NamedTuple

from nerforge.templates.answers.evidence import Evidence

_JSON = json.JSONDecoder(strict=False)
_WINDOW = 500
"""Characters in which a broken string is looked for."""
_EFFORT = 30_000
_MAX_CHOICES = 32
_MAX_KEYS = 20_000
_NEAR = 9
_MAX_NAME = 40
_QUOTES = {'"': '"', "'": "'", "“": '“”„＂〝〞"', "‘": "‘’＇'", "「": "」", "『": "』", "`": "`"}
"""Which quotes may close a string, by the one that opens it."""
_QUOTES |= dict.fromkeys("”„＂〝〞", _QUOTES["“"]) | dict.fromkeys("’＇", _QUOTES["‘"])
OPENING = re.compile(rf"(\\{{0,4}})([{''.join(_QUOTES)}])")
# [^x\\]*+ is possessive: a string without an end costs no more than its length.
_PLAIN = {
    quote: re.compile(rf"[^{closers}\\]*+(?:\\.[^{closers}\\]*+)*+[{closers}]", re.DOTALL)
    for quote, closers in _QUOTES.items()
}
_LOOSE_CLOSERS = {
    quote: _QUOTES["“" if quote == '"' else "‘" if quote == "'" else quote] for quote in _QUOTES
}
BLANK = r"(?:\s|\\[nrt])*+"
COMMENT = r"(?://|#|/\*)"
_KEY_AHEAD = r"(?:\\{0,4}[\"'“‘＂`]|\w[\w -]{0,40}[\"'”]?\s{0,4}[:：=])"
_CLOSED = {(True, True): 7, (True, False): 6, (False, True): 4, (False, False): 3}
_CUT_AND_KNOWN, _CUT, _WITH_STRUCTURE = 5, 2, 1
"""How well a string ends somewhere: its words are known, and what follows is structure."""
_STRUCTURE = re.compile(r"[\"'”](?:\s{0,9}[:：,，\]}]|\s[\"'“])|[\[{,，:：]\s{0,9}[\"'“]")
"""What a value rarely has in it: a string of which this is part has missed its end."""


class StringPlace(Enum):
    """Where in its container a string stands."""

    KEY = auto()
    VALUE = auto()
    """Behind a key."""
    ITEM = auto()


_AFTER = {
    StringPlace.KEY: re.compile(rf"{BLANK}(?:[:：=,，}}｝]|\Z)"),
    StringPlace.VALUE: re.compile(
        rf"{BLANK}(?:[}}\]｝］]|\Z|{COMMENT}|[,，;；、]{BLANK}(?:{_KEY_AHEAD}|[}}\]｝］{{｛]|\Z|{COMMENT}))"
    ),
    StringPlace.ITEM: re.compile(rf"{BLANK}(?:[,，;；、\]］)）}}｝:：]|\Z|{COMMENT})"),
}
"""What follows a string that is closed."""
_PERHAPS_AFTER = re.compile(r"\s++[\"'“‘{\[\\]|[ \t]{0,9}\n")
_FOLLOWING = re.compile(r"([^\"'“”\n]{0,40})[\"'“]")
_ENDS = {
    # Of "entity_text: "高热" the key lacks a quote, of "高热, "entity_label": the value does.
    StringPlace.KEY: re.compile(r"\s{0,9}[:：=,，}\n]"),
    StringPlace.VALUE: re.compile(
        r"\s{0,9}(?:[}\]｝］)]\s{0,9}(?:[,，}\]｝］]|\n|\Z)|[,，;；]\s{0,9}\\{0,4}[\"'“‘{\[]|\n\s{0,9}[\"'“{\[}\]])"
    ),
}
_ENDS[StringPlace.ITEM] = _ENDS[StringPlace.VALUE]
_DOUBLED = "\"'“”‘’＂\\"
_AROUND = " \t\r\n,，;；:：\"'“”‘’`{}[]｛｝［］()\\"
_WORD_ENDS = {
    StringPlace.KEY: re.compile(r"[:：=,，;；{}\[\]｛｝［］\n\"“”]|\Z"),
    StringPlace.VALUE: re.compile(rf"[,，;；{{}}\[\]｛｝［］\n]|\s{COMMENT}|\Z"),
    StringPlace.ITEM: re.compile(
        rf"[,，、;；{{}}\[\]｛｝［］\n\"“]|[:：](?=\s{{0,4}}[\"'“\[{{])|\s{COMMENT}|\Z"
    ),
}
_WEAK = '、，；“"'
"""What may end an item or a value, and may stand in one."""
_STRONG = re.compile(r"[,;{}\[\]｛｝［］\n]")
_IN_TUPLE = re.compile(r"[,，、;；{}\[\]\n\"“)）]|\Z")
_ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|U(000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r?\n)|(.))",
    re.DOTALL,
)
_ESCAPE_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
"""Two halves of one character."""
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", **{c: c for c in "\"'/\\"}}
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_NAME = re.compile(r"[^\"'“”{}\[\]:：,，]{1,40}")
_QUOTE = re.compile(r"\\{0,4}[\"'”’＂]")
_DIGITS = re.compile(r"-?\d+")
_COLON = re.compile("[:：=]")
_NAME_BEFORE = re.compile(
    r"(?P<open>\\{0,4}[\"'“‘＂`]?)(?P<name>\w[\w/-]{0,40}(?: [\w/-]{1,20}){0,2})"
    r"(?P<close>\\{0,4}[\"'”’＂`]?)\s{0,4}\Z"
)


class Text(NamedTuple):
    """A string or a bare word of an answer."""

    value: str
    """What it says, its escapes read."""
    start: int
    end: int
    """Its characters without quotes."""
    after: int
    """Where the answer goes on."""
    quote: str
    """What opens it; empty for a bare word."""
    is_cut: bool = False
    """Whether the answer ends before it does."""


class Strings:
    """Reads the strings of one answer.

    Structure and evidence decide where a broken one ends: it never runs over a known key with its colon, and
    of several ends that one is taken with which the sentence says it, or with which it is a label or a key.
    """

    def __init__(self, body: str, evidence: Evidence | None) -> None:
        """Take the body of an answer, and what is known of the words in it."""
        self.body = body
        self.evidence = evidence
        self.effort = _EFFORT
        """Characters in which the ends of broken strings may still be looked for."""
        self.ambiguous: list[tuple[int, int]] = []
        """Bare words that may be one item or several."""

    def read(self, at: int, place: StringPlace) -> Text | None:
        """Read the string that opens at ``at``; None if no quote stands there."""
        opening = OPENING.match(self.body, at)
        if opening is None:
            return None
        quote, start, level = opening[2], opening.end(), len(opening[1])
        if not level:
            closed = _PLAIN[quote].match(self.body, start)
            if closed and (self.effort <= 0 or _AFTER[place].match(self.body, closed.end())):
                return self._text(start, closed.end() - 1, closed.end(), opening[0])
        return self._broken(start, opening, place)

    def word(self, at: int, place: StringPlace, *, in_tuple: bool = False) -> Text:
        """Read what stands without quotes at ``at``, which may be nothing."""
        end = self._word_end(at, place, _IN_TUPLE if in_tuple else _WORD_ENDS[place])
        raw = self.body[at:end].rstrip()
        is_whole = raw[-1:] in ("”", "’") and self._knows(raw)
        bare = raw if is_whole else raw.rstrip("\"'”’＂\\") or raw
        after = at + len(raw)
        quote = _QUOTE.match(self.body, after) if place is not StringPlace.VALUE else None
        if quote and _AFTER[place].match(self.body, quote.end()):
            after = quote.end()
        is_cut = end == len(self.body) and not _DIGITS.fullmatch(bare)
        return Text(unescape(bare), at, at + len(bare), after, "", is_cut)

    def _word_end(self, at: int, place: StringPlace, pattern: re.Pattern[str]) -> int:
        limit = self._limit(at + 1)
        ends = (found.start() for found in islice(pattern.finditer(self.body, at, limit), _MAX_CHOICES))
        end = next(ends, limit)
        is_weak = self.body[end : end + 1] in tuple(_WEAK)
        if is_weak and (strong := self._strong_end(at, end, place, limit)) is not None:
            return strong
        if place is not StringPlace.VALUE:
            return end
        # {text: 2,5-二酮, label: 药物}: the first comma ends no value.
        return next((other for other in (end, *ends) if self._ends_value(at, other)), end)

    def is_said_word(self, at: int) -> bool:
        """Tell whether what begins like more is a word that the sentence says: [（去甲）万古霉素, 药物]."""
        sign = self.body[at : at + 1]
        if self.evidence is None or sign not in tuple("(（“") or sign not in self.evidence.text:
            return False
        word = self.word(at, StringPlace.ITEM)
        return self.body[word.end - 1] not in "”）)" and self._knows(word.value)

    def _ends_value(self, start: int, end: int) -> bool:
        self.effort -= end - start
        is_end = self.effort <= 0 or _AFTER[StringPlace.VALUE].match(self.body, end) is not None
        return is_end or self._knows(self.body[start:end].strip())

    def _strong_end(self, start: int, end: int, place: StringPlace, limit: int) -> int | None:
        """Give the end of 镇咳、祛痰药 in [镇咳、祛痰药, 药物]: where a comma separates, 、 may be inside."""
        found = _STRONG.search(self.body, end, limit)
        strong = found.start() if found else limit
        self.effort -= strong - start
        before = self.body[max(start - _NEAR, 0) : start].rstrip()
        is_separated = "," in (self.body[strong : strong + 1], before[-1:])
        if self.effort <= 0 or not self._knows(self.body[start:strong].strip()):
            return None
        # Of T、B细胞 the first piece is too short for an item of its own.
        sizes = [len(piece) for piece in re.split(f"[{_WEAK}]", self.body[start:strong].strip())]
        is_one = min(sizes) < 2 < max(sizes) or self.body[end] in '“"'
        if is_one or is_separated or place is StringPlace.VALUE:
            return strong
        self.ambiguous.append((start, strong))
        return None

    def _text(self, start: int, end: int, after: int, quote: str) -> Text:
        raw = self.body[start:end]
        if "\\" not in raw:
            return Text(raw, start, end, after, quote)
        if quote == '"':
            try:
                value, read_to = _JSON.raw_decode(self.body, start - 1)
            except ValueError:
                read_to = -1
            if read_to == after:
                return Text(str(value), start, end, after, quote)
        for _ in quote:
            raw = unescape(raw)
        return Text(raw, start, end, after, quote)

    def _broken(self, start: int, opening: re.Match[str], place: StringPlace) -> Text:
        """Decide where a string ends whose quotes do not say it."""
        limit = self._limit(start + (place is StringPlace.KEY)) if self.effort > 0 else start
        self.effort -= limit - start
        closer = _closer(opening)
        closers = [found.span() for found in islice(closer.finditer(self.body, start, limit), _MAX_CHOICES)]
        choices = [(self._rank(start, *span, limit, place), *span) for span in closers]
        choices += self._unclosed(start, limit, place)
        rank, end, after = max(choices, key=itemgetter(0), default=(0, start, start))
        if rank == 0 and (found := closer.search(self.body, start)):
            end, after = found.span()
        elif rank == 0:
            return Text(self.body[start:], start, len(self.body), len(self.body), opening[0], is_cut=True)
        # {"text": ""肺炎", ...
        bare = self.body[start:end].strip(_DOUBLED)
        if bare and len(bare) < end - start and not self._knows(self.body[start:end]) and self._knows(bare):
            start = self.body.index(bare, start)
            end = start + len(bare)
        return self._text(start, end, after, opening[0])

    def _rank(self, start: int, end: int, after: int, limit: int, place: StringPlace) -> int:
        """Tell how well a string ends at a quote."""
        is_known = self._knows(self.body[start:end])
        is_strict = _AFTER[place].match(self.body, after) is not None
        if not is_known and _STRUCTURE.search(self.body, start, end):
            return _WITH_STRUCTURE if is_strict and place is not StringPlace.KEY else 0
        if is_strict or self._may_follow(after, limit):
            return _CLOSED[is_known, is_strict]
        # "肺炎"疾病" and "type""疾病" lack what stands between two strings.
        follows = _FOLLOWING.match(self.body, after, limit) if is_known else None
        is_next = follows is not None and (not follows[1] or self._knows(follows[1]))
        return _CUT_AND_KNOWN if is_next else 0

    def _may_follow(self, after: int, limit: int) -> bool:
        """Tell whether a string or a key follows where a comma or a colon is missing."""
        is_last = limit - after < _NEAR and limit < len(self.body) and not self.body[after:limit].strip()
        return is_last or _PERHAPS_AFTER.match(self.body, after) is not None

    def _unclosed(self, start: int, limit: int, place: StringPlace) -> Iterator[tuple[int, int, int]]:
        """Rank the ends of a string that lacks its quote: where structure or a key follows."""
        found = _ENDS[place].finditer(self.body, start, limit)
        ends = [match.start() for match in islice(found, _MAX_CHOICES)]
        if limit < min(len(self.body), start + _WINDOW):
            ends.append(start + len(self.body[start:limit].rstrip(_AROUND)))
        for end in ends:
            yield _CUT_AND_KNOWN if self._knows(self.body[start:end]) else _CUT, end, end

    def _knows(self, raw: str) -> bool:
        """Tell whether words are a label or a key, or are said by the sentence."""
        if (
            self.evidence is None
            or not raw
            or raw != raw.strip()
            or len(raw) > len(self.evidence.text) + _MAX_NAME
        ):
            return False
        words = unescape(raw)
        if self.evidence.says(words):
            return True
        is_name = _NAME.fullmatch(words) is not None
        return is_name and bool(self.evidence.label(words) or self.evidence.field(words))

    def _limit(self, start: int) -> int:
        at = bisect_left(self._keys, start)
        return min(self._keys[at] if at < len(self._keys) else len(self.body), start + _WINDOW)

    @cached_property
    def _keys(self) -> list[int]:
        """Where known keys stand that have a colon, quotes of theirs included."""
        return [
            at
            for colon in islice(_COLON.finditer(self.body), _MAX_KEYS)
            if (at := self._key_before(colon.start())) is not None
        ]

    def _key_before(self, colon: int) -> int | None:
        found = _NAME_BEFORE.search(self.body, max(colon - 60, 0), colon)
        if found is None:
            return None
        names = [(found.start(), found["name"])]
        # Of {text: 高热 label: 疾病} the last word is the key.
        first, _, last = found["name"].rpartition(" ")
        if first:
            names.append((found.end("name") - len(last), last))
        known = (at for at, name in names if self._is_key(name))
        before = self.body[max(found.start() - _NEAR, 0) : found.start()].rstrip()[-1:]
        is_quoted = found["open"] and found["close"] and before in (*",，{｛[", "")
        return next(known, found.start() if is_quoted else None)

    def _is_key(self, name: str) -> bool:
        return self.evidence is not None and bool(self.evidence.field(name) or self.evidence.label(name))


def _closer(opening: re.Match[str]) -> re.Pattern[str]:
    # \\" closes what \\" opens: {\\"text\\": \\"肺炎\\"}
    return re.compile(rf"(?<!\\){re.escape(opening[1])}[{_LOOSE_CLOSERS[opening[2]]}]")


def unescape(raw: str) -> str:
    """Read the escapes of JSON and of Python; others stay as they are."""
    if "\\" not in raw:
        return raw
    value = _ESCAPE.sub(_escaped, raw)
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), value)


def source_places(raw: str) -> tuple[str, list[int]]:
    """Read the escapes, and give where each character begins in ``raw``, and at last where it ends."""
    words, places = [], []
    at = 0
    while at < len(raw):
        found = _ESCAPE_PAIR.match(raw, at) or _ESCAPE.match(raw, at)
        source = found[0] if found else raw[at]
        words.append(unescape(source))
        places += [at] * len(words[-1])
        at += len(source)
    return "".join(words), [*places, len(raw)]


def _escaped(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2] or escape[3]
    if digits:
        return chr(int(digits, 16))
    return "" if escape[4] else _NAMED.get(escape[5], escape[0])
