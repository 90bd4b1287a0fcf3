"""Parse what looks like JSON, whole or broken, and keep the place of everything in it.

Valid JSON is read as ``json.loads`` reads it, and a literal of Python as Python does. Time is linear in the
length of an answer, and nothing recurs deeper than ``MAX_DEPTH``.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.layouts.json_strings import BLANK, StringPlace, Strings, Text

MAX_DEPTH = 40
"""Containers that lie in one another; those within are taken for their content."""
_MAX_NODES = 4_000
_MAX_FOR_TEXT = 10
"""Values of an answer at most, or so many for each character of the sentence; what is beyond is a loop."""
Span = tuple[int, int]
_CLOSERS = {"{": "}｝", "｛": "}｝", "[": "]］", "［": "]］", "(": ")）", "（": ")）", "": ""}
_QUOTED = r"\\{0,4}[\"'“‘＂][^\"'“”‘’＂\\\n]{1,60}\\{0,4}[\"'”’＂]"
_KEY = rf"{_QUOTED}\s{{0,9}}[:：]+\s{{0,9}}(?=[\\\"'“‘＂\[{{｛［\d-]|null|None)"
_BARE_NAME = r"(?P<bare>\w[\w -]{0,20}(?:[（(][^（）()\n]{1,20}[)）])?)"
_BARE_KEY = rf"{_BARE_NAME}[*`]{{0,2}}[ \t]{{0,4}}[:：=][*`]{{0,2}}[ \t]{{0,9}}(?=[\[{{｛［])"
_PAIR = re.compile(rf"[\s,，;；}}\]｝］]*+[*`]{{0,2}}+(?=(?:{_KEY}|{_BARE_KEY}))")
_START = re.compile(
    r"(?P<empty>(?:[{\[]\s{0,9}[}\]][\s,;，；]{0,9})++)"
    r"|[{\[｛［]|\(\s{0,9}(?=[\"'“‘])"
    r"|(?P<json>(?<!\\)\"(?=\s{0,9}[\[{]))"
    rf"|(?P<pair>{_KEY})|(?:^|(?<=[\s,，;；。]))[*`]{{0,2}}(?P<bare_pair>{_BARE_KEY})",
    re.MULTILINE,
)
_BETWEEN = re.compile(r"(?:[\s,，;；、]++|\\[nrt]|\\(?=\s))*+")
_COMMENT = re.compile(r"//[^\n]*+|#[^\n]*+|/\*.{0,200}?\*/", re.DOTALL)
_COLON = re.compile(rf"{BLANK}(?:[,，;；]|[\"'”]{{1,2}})?[:：=]++>?")
_VALUE_AHEAD = re.compile(r"[ \t]{0,9}[\"'“‘{\[]")
_WORD_GOES_ON = re.compile(r"\s*+[,，;；、}\]｝］)）]")
# Also of {"a":{"a":{"a": what lies too deep is skipped at once.
_OPENERS = re.compile(r"(?:[{\[｛［(（\s]|\\{0,4}[\"'][^\"'\\\n]{0,40}\\{0,4}[\"']\s?:|\w{1,40}[:=])++")
_SENTENCE_END = ("。", ".", "!", "！", "?", "？")


@dataclass(slots=True, eq=False)
class Node:
    """A value of an answer: a string, a bare word, or a container of values and pairs."""

    start: int
    end: int
    """A string's characters without quotes; a container with its brackets."""
    text: str | None = None
    """What it says; None for a container."""
    opener: str = ""
    """The quote or bracket that opens it; empty for a bare word, and for pairs without a bracket."""
    pairs: list[tuple["Node | None", "Node"]] = field(default_factory=list)
    """What a container holds; an item has no key."""
    key: "Node | None" = None
    """The key that waits for its value."""
    is_object: bool = False
    """Whether some of it has a key."""
    is_cut: bool = False
    """Whether the answer ends before it does."""

    @property
    def span(self) -> Span:
        """Its place."""
        return self.start, self.end

    @property
    def items(self) -> list["Node"]:
        """The values in a container."""
        return [value for _, value in self.pairs]


Pair = tuple[Node, Node]
"""A key and its value."""


@dataclass(slots=True)
class Document:
    """The outermost values of an answer, and what is in them besides punctuation."""

    nodes: list[Node] = field(default_factory=list)
    words: list[Span] = field(default_factory=list)
    """Strings, bare words and comments in the nodes."""
    comments: list[Span] = field(default_factory=list)
    ambiguous: list[Span] = field(default_factory=list)
    """Bare words that may be one item or several, as in [镇咳、祛痰药]."""
    cut_at: int | None = None
    """Where the piece begins that the answer's end truncates."""
    rest: int | None = None
    """Where what is beyond the most values begins."""


def _place_in(container: Node) -> StringPlace:
    if container.opener not in ("", "{", "｛"):
        return StringPlace.ITEM
    return StringPlace.KEY if container.key is None else StringPlace.VALUE


def parse(body: str, evidence: Evidence | None = None) -> Document:
    """Find the values in the body of an answer; ``evidence`` tells where broken strings end."""
    return _Parser(body, evidence).run()


class _Parser:
    def __init__(self, body: str, evidence: Evidence | None) -> None:
        self.body = body
        self.evidence = evidence
        self.strings = Strings(body, evidence)
        self.at = 0
        self.begun = -1
        """Where the last outermost value began."""
        self.open: list[Node] = []
        self.n_nodes = 0
        self.most = max(_MAX_NODES, _MAX_FOR_TEXT * len(evidence.text)) if evidence else len(body)
        self.document = Document()

    def run(self) -> Document:
        while self.at < len(self.body):
            if self.n_nodes > self.most:
                self.document.rest = self.at
                self._close(len(self.open))
                break
            if self.open:
                self._step(self.open[-1])
            elif not self._find():
                break
        self._truncate()
        self.document.ambiguous = self.strings.ambiguous
        return self.document

    def _find(self) -> bool:
        """Go to the next value that stands alone."""
        # What was begun here already, and closed again at once, is no value.
        found = _START.search(self.body, self.at + (self.at == self.begun))
        if found is None:
            return False
        self.at = found.start("bare_pair") if found["bare_pair"] else found.start()
        self.begun = self.at
        self._begin(found)
        return True

    def _begin(self, found: re.Match[str]) -> None:
        """Open what begins a value that stands alone, or pass over what only looks so."""
        if found["empty"]:
            self.at = found.end()
            end = found.start() + len(found[0].rstrip(" \t\r\n,;，；"))
            self.document.nodes.append(Node(found.start(), end, opener=found[0][0]))
            self.n_nodes += 1
        elif found["bare_pair"] and not self._is_heading(found["bare"]):
            self.at = found.end()
            self._open(self.body[self.at])
        elif found["pair"] or found["bare_pair"]:
            self._open("")
        elif found["json"]:
            text = self.strings.read(self.at, StringPlace.ITEM)
            if text is not None and not text.is_cut:
                self._add(text)
            else:
                self.at += 1
        elif found[0][0] == "(" and self.strings.is_said_word(found.end()):
            # (“东海”号, 地点) is a pair of bare words, as (水利部, 组织) is.
            self.at = found.end()
        else:
            self._open(self.body[self.at])

    def _is_heading(self, bare: str) -> bool:
        """Tell 人名: ["王毅"], which is a pair, from 结果: [...], which is none."""
        return self.evidence is not None and self.evidence.label(bare) is not None

    def _step(self, top: Node) -> None:
        if top.opener == "" and top.key is None and not self._goes_on():
            self._close(1)
            return
        sign = self._next_sign()
        if sign in "{[｛［" or (sign in "(（" and self._may_open(top)):
            self._enter(top, sign)
        elif sign in "}]｝］" or (sign in ")）" and top.opener in "(（"):
            self._leave(sign)
        elif sign in ":：":
            self.at += 1
        else:
            self._leaf(top)

    def _may_open(self, top: Node) -> bool:
        """Tell whether a round bracket opens a tuple: it stands in brackets, and begins no value."""
        return top.opener != "" and not self.strings.is_said_word(self.at)

    def _goes_on(self) -> bool:
        """Tell whether 人名: ["王毅"] goes on with 组织: ["外交部"], whatever stands between."""
        pair = _PAIR.match(self.body, self.at)
        self.at = pair.end() if pair else self.at
        return pair is not None

    def _next_sign(self) -> str:
        """Skip blanks, separators and comments, and give the next character; empty at the end."""
        while True:
            if between := _BETWEEN.match(self.body, self.at):
                self.at = between.end()
            sign = self.body[self.at : self.at + 1]
            comment = _COMMENT.match(self.body, self.at) if sign in ("/", "#") else None
            if comment is None:
                return sign
            self.document.words.append(comment.span())
            self.document.comments.append(comment.span())
            self.at = comment.end()

    def _enter(self, top: Node, sign: str) -> None:
        if not sign:
            return
        if len(self.open) >= MAX_DEPTH and (run := _OPENERS.match(self.body, self.at)):
            self.at = run.end()
            return
        # {"entity_text": "肺炎" and then {"entity_text": ...: the first lacks its brace.
        if sign in "{｛" and top.opener in "{｛" and top.key is None and top.pairs:
            self._close(1)
        self._open(sign)

    def _open(self, opener: str) -> None:
        self.n_nodes += 1
        node = Node(self.at, self.at, opener=opener)
        if self.open:
            self._attach(self.open[-1], node)
        else:
            self.document.nodes.append(node)
        self.open.append(node)
        self.at += len(opener)

    def _attach(self, container: Node, node: Node) -> None:
        container.pairs.append((container.key, node))
        if container.key is not None:
            container.is_object, container.key = True, None

    def _leave(self, sign: str) -> None:
        """Close the innermost container that a bracket closes, and those in it, if there is one."""
        depth = next((n for n, node in enumerate(reversed(self.open), 1) if sign in _CLOSERS[node.opener]), 0)
        self.at += 1
        if depth:
            self._close(depth)
        elif self.open[0].opener == "":
            self._close(len(self.open))

    def _close(self, depth: int) -> None:
        for _ in range(depth):
            node = self.open.pop()
            last = max((value.end for value in node.items[-1:]), default=node.start)
            node.end = max(self.at, last) if node.opener else last + self._has_quote(last)
            if node.key is not None:
                self._attach(node, Node(node.key.end, node.key.end, ""))

    def _has_quote(self, end: int) -> bool:
        return self.body[end : end + 1] in ('"', "'", "”", "’", "＂")

    def _leaf(self, top: Node) -> None:
        place = _place_in(top)
        text = self.strings.read(self.at, place)
        # “东海”号 of a sentence that says it so is no string in quotes.
        if text is not None and not (text.quote == "“" and self.strings.is_said_word(self.at)):
            self._add(text, place)
            return
        in_tuple = top.opener in ("(", "（") and not self.strings.is_said_word(self.at)
        text = self.strings.word(self.at, place, in_tuple=in_tuple)
        if text.after == self.at:
            self.at += 1
        elif place is not StringPlace.VALUE and self._is_chatter(text):
            self._close(len(self.open))
        elif place is StringPlace.KEY and top.opener and not self._is_followed(text):
            self.document.words.append((text.start, text.after))
            self.at = text.after
        else:
            self._add(text, place)

    def _is_chatter(self, text: Text) -> bool:
        """Tell words behind a container that was never closed from what stands in it."""
        if text.is_cut:
            return text.value.endswith(_SENTENCE_END)
        starts_line = "\n" in self.body[max(text.start - 20, 0) : text.start].rpartition('"')[2]
        return starts_line and not self._is_followed(text)

    def _is_followed(self, text: Text) -> bool:
        """Tell whether a colon follows a word, or what parts or ends items."""
        at = text.after
        return bool(_WORD_GOES_ON.match(self.body, at) or _COLON.match(self.body, at))

    def _add(self, text: Text, place: StringPlace = StringPlace.ITEM) -> None:
        """Take a string or word as a key or a value; what the answer's end truncates is neither."""
        self.at = text.after
        if text.is_cut or (place is StringPlace.KEY and self.at == len(self.body)):
            self.document.cut_at = text.start
            return
        self.n_nodes += 1
        node = Node(text.start, text.end, text.value, text.quote)
        self.document.words.append(node.span)
        if not self.open:
            self.document.nodes.append(node)
            return
        top = self.open[-1]
        colon = _COLON.match(self.body, self.at)
        if colon and place is not StringPlace.VALUE:
            self.at = colon.end()
            top.key = node
        elif place is StringPlace.KEY and self._lacks_colon(top, node):
            top.key = node
        else:
            self._attach(top, node)

    def _lacks_colon(self, top: Node, node: Node) -> bool:
        """Tell a key whose colon is missing: {"entity_text" "肺炎"."""
        if node.opener == "" or not _VALUE_AHEAD.match(self.body, self.at):
            return False
        return top.is_object or (
            self.evidence is not None and self.evidence.field(node.text or "") is not None
        )

    def _truncate(self) -> None:
        """Close what the end of the answer leaves open."""
        if self.open and self.open[0].opener == "" and self.document.cut_at is None and len(self.open) == 1:
            self._close(1)
        if not self.open:
            return
        keys = [node.key.start for node in self.open if node.key is not None]
        starts = [at for at in (self.document.cut_at, *keys) if at is not None]
        self.document.cut_at = min(starts, default=len(self.body))
        for node in self.open:
            node.is_cut, node.end, node.key = True, len(self.body), None


def move(node: Node, start: Callable[[int], int], end: Callable[[int], int]) -> Node:
    """Give a node that was parsed in a part of an answer, and all in it, their places in the whole."""
    node.start, node.end = start(node.start), end(node.end)
    for inner in (x for pair in node.pairs for x in pair if x is not None):
        move(inner, start, end)
    return node


def is_json(source: str) -> bool:
    """Tell whether a piece of an answer is JSON as it stands."""
    try:
        json.loads(source, strict=False)
    except (ValueError, RecursionError):
        return False
    return True


def records(node: Node) -> Iterator[list[Pair]]:
    """Yield the objects that an object is: more than one where keys come again.

    ``{"疾病": ["a"], "疾病": ["b"]}`` stays one, as its lists may be joined.
    """
    pairs = [(key, value) for key, value in node.pairs if key is not None]
    if all(value.text is None for _, value in pairs):
        yield pairs
        return
    seen: set[str | None] = set()
    record: list[Pair] = []
    for key, value in pairs:
        if key.text in seen:
            yield record
            seen, record = set(), []
        seen.add(key.text)
        record.append((key, value))
    yield record


_LITERALS = {"null": None, "None": None, "true": True, "True": True, "false": False, "False": False}


def value_of(node: Node) -> Any:
    """Give what a node holds as ``json.loads`` does."""
    if node.text is not None:
        return node.text if node.opener else _literal(node.text)
    if not node.is_object:
        return [value_of(item) for item in node.items] if node.pairs or node.opener not in "{｛" else {}
    made = [_joined(record) for record in records(node)]
    return made[0] if len(made) == 1 else made


def _joined(record: list[Pair]) -> dict[str, Any]:
    joined: dict[str, Any] = {}
    for key, value in record:
        read, name = value_of(value), key.text or ""
        joined[name] = joined[name] + read if name in joined and isinstance(read, list) else read
    return joined


def _literal(word: str) -> Any:
    if word in _LITERALS:
        return _LITERALS[word]
    try:
        # int() refuses more than 4,300 digits.
        return int(word) if word.lstrip("-").isdecimal() and len(word) <= 300 else float(word)
    except ValueError:
        return word
