"""Understand JSON, in whatever arrangement a model chose: which value belongs to which label."""

import re
from collections.abc import Iterable, Sequence
from itertools import filterfalse
from typing import Any, NamedTuple

from nerforge.templates.answers.answer_reading import AnswerReading, Span
from nerforge.templates.answers.envelope import unwrap
from nerforge.templates.answers.evidence import LIST_MARK, Evidence, FieldRole
from nerforge.templates.answers.layouts.json_nodes import (
    Document,
    Node,
    Pair,
    is_json,
    move,
    parse,
    records,
    value_of,
)
from nerforge.templates.answers.layouts.json_roles import NodeEvidence, is_number, leaves
from nerforge.templates.answers.layouts.json_strings import source_places
from nerforge.templates.domain import Grounding, PartKind, ProblemKind
from nerforge.templates.mentions.statements import Statement

_ENCODED = re.compile(r"\s{0,9}[{\[]\s{0,9}[\"'{\[\\]")
_CUT_SHOWN = 60
"""Characters of a truncated value's end that its problem says."""
_MAX_ENCODED = 3
"""How often JSON may be encoded in a string of JSON."""
_COLON = re.compile(r"[\\\"'”]{0,9}\s*+[:：]\s*+[\\\"'“]{0,9}")
_LISTED = re.compile("[^、]+")
_PIECE = re.compile(r"[^\s、,，;；|/](?:[^、,，;；|/]*[^\s、,，;；|/])?")
_OCCURRENCE = re.compile(r"\D{0,4}(\d{1,9})(?:\.0)?\D{0,4}")
_STARTS = ("start", "start_idx", "start_offset", "start_pos", "begin", "起始", "起始位置", "开始")
_ENDS = ("end", "end_idx", "end_offset", "end_pos", "结束", "结束位置")


class Heading(NamedTuple):
    """What names the label of the values below it: a key or a field."""

    node: Node
    is_known: bool
    is_group: bool = False
    """Whether it is a key of an object whose keys are labels."""


def read_json(body: str, evidence: Evidence) -> AnswerReading:
    """Read every JSON value in the body of an answer, whole or broken."""
    return ObjectReader(body, evidence).run(parse(body, evidence))


def read_values(answer: str) -> list[Any]:
    """Give the JSON values of an answer as ``json.loads`` does, broken ones too."""
    values = [value_of(node) for node in parse(unwrap(answer, "").text).nodes]
    inner = (read_values(value) if isinstance(value, str) else [value] for value in values)
    return [value for found in inner for value in found]


class ObjectReader(NodeEvidence):
    """Reads the nodes of one answer."""

    def __init__(self, body: str, evidence: Evidence) -> None:
        """Take the body of an answer, and what is known of the words in it."""
        super().__init__(evidence)
        self.body = body
        self.reading = AnswerReading(evidence)
        self.depth = 0
        """Strings with JSON in them that are being read, one in the other."""

    def run(self, document: Document) -> AnswerReading:
        """Read the outermost nodes."""
        nodes = [node for node in document.nodes if not self._is_prose(node)]
        self._mark_frame(nodes, document)
        has_pairs = self._has_pairs(nodes)
        for node in nodes:
            if node.is_object or not has_pairs:
                self.read(node, None)
            else:
                self._list(node, None, among_pairs=True)
            if node.is_cut:
                at = (document.cut_at or node.end, node.end)
                shown = self.body[max(node.end - _CUT_SHOWN, node.start) : node.end]
                self.reading.problem(ProblemKind.CUT_OFF, shown, at)
            elif not is_json(source := self.body[node.start : node.end]):
                self.reading.problem(ProblemKind.JSON_REPAIRED, source)
        rest = (document.rest or len(self.body), len(self.body))
        self._note_doubts(document, self.body, rest)
        return self.reading

    def _note_doubts(self, document: Document, text: str, rest: Span) -> None:
        """Note what may be one item or several, and what is beyond the most values, which ``rest`` holds."""
        for start, end in document.ambiguous:
            self.reading.problem(ProblemKind.AMBIGUOUS_LIST, text[start:end].strip())
        if document.rest is not None:
            self.reading.problem(ProblemKind.REPEATED, f"{len(text) - document.rest} characters", rest)

    def _mark_frame(self, nodes: Iterable[Node], document: Document) -> None:
        words = iter(document.words)
        word = next(words, None)
        for node in nodes:
            at = node.start
            while word is not None and word[0] < node.end:
                if word[0] >= at:
                    self.reading.mark(PartKind.FRAME, (at, word[0]))
                    at = word[1]
                word = next(words, None)
            self.reading.mark(PartKind.FRAME, (at, node.end))
        for comment in document.comments:
            self.reading.mark(PartKind.CHATTER, comment)

    def _is_prose(self, node: Node) -> bool:
        """Tell brackets around bare words, as of ``[1]`` and ``[肺炎|疾病]``, from a list."""
        is_bare = bool(node.pairs) and all(
            key is None and item.text is not None and not item.opener for key, item in node.pairs
        )
        return is_bare and node.text is None and not self._pair_in(node)

    def read(self, node: Node, heading: Heading | None) -> None:
        """Read a node; ``heading`` names the label of what has none of its own."""
        if node.text is not None:
            self._leaf(node, heading)
        elif node.is_object:
            for record in records(node):
                self._object(record, node, heading)
            for item in (value for key, value in node.pairs if key is None):
                self.read(item, heading)
        elif node.pairs:
            self._list(node, heading)
        elif not node.is_cut:
            self.reading.says_nothing = True

    # Strings and numbers

    def _leaf(self, node: Node, heading: Heading | None) -> None:
        text = node.text or ""
        if self._is_empty(node):
            self.reading.says_nothing |= heading is not None
            self.reading.mark(PartKind.FRAME, node.span)
        elif (
            node.opener
            and _ENCODED.match(text)
            and self.depth < _MAX_ENCODED
            and not self.evidence.says(text)
        ):
            self._encoded(node, heading)
        elif heading is None or self._is_remark(node, heading):
            self._unnamed(node, heading)
        else:
            self._state(heading, node)

    def _is_remark(self, node: Node, heading: Heading) -> bool:
        """Tell numbers, and words under an unknown key, from values: the sentence does not say them."""
        is_plain = node.opener != "" and not is_number(node)
        is_claim = is_plain and (heading.is_known or heading.is_group)
        return not is_claim and not self._is_said(node) and not self.evidence.is_nothing(node.text or "")

    def _unnamed(self, node: Node, heading: Heading | None) -> None:
        text = node.text or ""
        if self.evidence.is_nothing(text):
            self.reading.say_nothing(text, node.span)
        elif heading is not None or is_number(node) or self.evidence.is_placeholder(text):
            self.reading.mark(PartKind.CHATTER, node.span)
        else:
            self.reading.problem(ProblemKind.BAD_OBJECT, text, node.span)

    def _encoded(self, node: Node, heading: Heading | None) -> None:
        """Read JSON in a string."""
        # {"result": "[{\"text\": ...}]"}: as agents and function calls return it.
        text = node.text or ""
        words, places = self.body[node.start : node.end], list(range(node.start, node.end + 1))
        for _ in range(self.depth + 1):
            words, inner = source_places(words)
            places = [places[at] for at in inner]
        self.reading.mark(PartKind.FRAME, node.span)
        self.depth += 1
        document = parse(text, self.evidence)
        for one in document.nodes:
            # Where escapes were escaped once more, values have the place of the whole string.
            place = places.__getitem__ if words == text else None
            self.read(move(one, place or (lambda _: node.start), place or (lambda _: node.end)), heading)
            if one.is_cut:
                at = (place(document.cut_at or len(text)), one.end) if place else node.span
                self.reading.problem(ProblemKind.CUT_OFF, text[-_CUT_SHOWN:], at)
        self._note_doubts(document, text, node.span)
        self.depth -= 1

    def _state(self, heading: Heading, node: Node, occurrence: int | None = None) -> None:
        name, label_at, is_group = heading.node.text or "", heading.node.span, heading.is_group
        for text, at in self._pieces(node, heading):
            self.reading.state(name, label_at, text, at, occurrence=occurrence, is_group=is_group)

    def _pieces(self, node: Node, heading: Heading) -> list[tuple[str, Span]]:
        """Split a value that the sentence does not say, if it says all parts; else keep it whole."""
        text, at = node.text or "", node.span
        pieces = list(_PIECE.finditer(text)) if LIST_MARK.search(text) else []
        if len(pieces) < 2 or not all(self.evidence.says(piece[0]) for piece in pieces):
            return [(text, at)]
        if self.evidence.says(text):
            if not self._is_list(node, heading):
                return [(text, at)]
            pieces = list(_LISTED.finditer(text))
            self.reading.problem(ProblemKind.AMBIGUOUS_LIST, text)
        return [(piece[0], self._part(node, piece.span())) for piece in pieces]

    def _part(self, node: Node, span: Span) -> Span:
        """Give the place of a part of a string; that of all of it where escapes move what follows them."""
        is_plain = self.body[node.start : node.end] == node.text
        return (node.start + span[0], node.start + span[1]) if is_plain else node.span

    def _is_list(self, node: Node, heading: Heading) -> bool:
        """Tell whether a string is the one place for all values of a label: {"症状": "干咳、胸痛"}."""
        is_alone = _COLON.fullmatch(self.body, heading.node.end, node.start) is not None
        pieces = (node.text or "").split("、")
        return heading.is_group and is_alone and len(pieces) > 1 and min(map(len, pieces)) > 1

    # Objects

    def _object(self, record: list[Pair], node: Node, heading: Heading | None) -> None:
        for key, _ in record:
            self.reading.mark(PartKind.FRAME, key.span)
        if self._is_denied(record):
            self._remarks(record)
            return
        text, label = self._roles(record)
        # {"疾病": [{"text": "肺炎", "type": "主要诊断"}]}
        is_below_label = heading is not None and heading.is_known
        if text and label and (not is_below_label or any(map(self._is_label_key, leaves(label[1])))):
            self._entity(record, text, label)
        elif text and heading and is_below_label:
            self._under(heading, record, text)
        else:
            self._object_without_text(record, label, text, node, heading)

    def _object_without_text(
        self, record: list[Pair], label: Pair | None, text: Pair | None, node: Node, heading: Heading | None
    ) -> None:
        """Read an object in which a label or a value is missing, or is a key."""
        if any(self._is_label_key(key) for key, _ in record):
            self._groups(record)
        elif any(_is_encoded(value) for _, value in record):
            # {"name": "ner", "arguments": "{\"entities\": ...}"}
            self._others(record, node, heading)
        elif label:
            self._labelled(record, label, node)
        elif heading and (text or self._values_as_keys(record, heading)):
            self._under(heading, record, text)
        elif self._maps_to_labels(record):
            self._values_to_labels(record)
        else:
            self._others(record, node, heading)

    def _entity(self, record: list[Pair], text: Pair, label: Pair) -> None:
        """Read ``{"text": "肺炎", "type": "疾病"}``, with lists on either side."""
        rest = [pair for pair in record if pair not in (text, label)]
        if self._read_inner(rest) and self._is_sentence(text[1]):
            self._remarks([text, label])
            return
        texts, labels = leaves(text[1]), leaves(label[1])
        occurrences = next((leaves(v) for k, v in rest if self._field(k) is FieldRole.OCCURRENCE), [])
        numbers = [*map(_whole_number, occurrences)] or [None]
        for pair in zip(texts, self._labels_for(texts, labels), strict=True):
            value, name = pair[::-1] if self._is_swapped(*pair) else pair
            for number in numbers:
                self._state(Heading(name, is_known=True), value, number)

    def _read_inner(self, rest: list[Pair]) -> bool:
        """Read the entities within the other fields of one, and tell whether there are any."""
        inner = [
            pair for pair in rest if self._field(pair[0]) is not FieldRole.REMARK and _holds_objects(pair[1])
        ]
        held = {value for _, value in inner}
        self._remarks(pair for pair in rest if pair[1] not in held)
        for _, value in inner:
            self.read(value, None)
        return bool(inner)

    def _labels_for(self, texts: Sequence[Node], labels: Sequence[Node]) -> Sequence[Node]:
        """Give each of an object's texts its label: lists of one length are pairs."""
        if len(labels) == len(texts):
            return labels
        meant = {known: node for node in labels if (known := self.evidence.label(node.text or ""))}
        if len(meant) == 1:
            return [*meant.values()] * len(texts)
        start, end = labels[0].start, labels[-1].end
        return [Node(start, end, ", ".join(node.text or "" for node in labels), '"')] * len(texts)

    def _is_swapped(self, value: Node, name: Node) -> bool:
        return self._names_label(value) and not self._names_label(name) and self._is_said(name)

    def _groups(self, record: list[Pair]) -> None:
        """Read ``{"疾病": ["肺炎"]}``."""
        self.reading.is_grouped = True
        for key, value in record:
            if self._is_label_key(key):
                self.reading.mark(PartKind.LABEL, key.span)
                self.read(value, Heading(key, is_known=True, is_group=True))
            elif self._field(key) in (None, FieldRole.TEXT, FieldRole.LABEL) and not self._is_context(value):
                # {"人名": ["王毅"], "职务": ["外交部长"]}
                self.read(value, Heading(key, is_known=False, is_group=value.text is None))
            else:
                self._remarks([(key, value)])

    def _labelled(self, record: list[Pair], label: Pair, node: Node) -> None:
        """Read ``{"type": "疾病", "found": ["肺炎"]}`` and ``{"label": "PER", "start": 6, "end": 8}``."""
        rest = [pair for pair in record if pair is not label]
        heading = Heading(label[1], is_known=True)
        held = [
            value for key, value in rest if self._field(key) is not FieldRole.REMARK and value.text is None
        ]
        outside = set(held)
        self._remarks(pair for pair in rest if pair[1] not in outside)
        for value in held:
            self.read(value, heading)
        if not held:
            self._label_alone(rest, label, node)

    def _label_alone(self, rest: list[Pair], label: Pair, node: Node) -> None:
        """Read an object that has a label and no value: offsets may stand for it, or it is empty."""
        fields = {(key.text or "").strip().casefold(): value for key, value in rest}
        start, end = (next((fields[n] for n in names if n in fields), None) for names in (_STARTS, _ENDS))
        empty = any(self._field(key) is FieldRole.TEXT and self._is_empty(value) for key, value in rest)
        if start and end:
            self._at_offsets(label[1], start, end)
        elif empty:
            self.reading.says_nothing = True
        else:
            self._bad(node)

    def _at_offsets(self, label: Node, start: Node, end: Node) -> None:
        """Read an entity that is named by its offsets alone, as tools for labelling do."""
        first, last = _whole_number(start), _whole_number(end)
        known, text = self.evidence.label(label.text or ""), self.evidence.text
        at = (min(start.start, end.start), max(start.end, end.end))
        if known is None or first is None or last is None or last > len(text) or not text[first:last].strip():
            kind = ProblemKind.UNKNOWN_LABEL if known is None else ProblemKind.BAD_OBJECT
            self.reading.problem(kind, f"{label.text}: {start.text}-{end.text}", label.span, at)
        else:
            value = text[first:last]
            if not (value[0].isalnum() and value[-1].isalnum()):
                self.reading.problem(ProblemKind.OFFSETS_DISAGREE, f"{value} {first}-{last}")
            statement = Statement(known, value, None, "", (first, last), Grounding.EXACT, at, label.span)
            self.reading.statements.append(statement)

    def _under(self, heading: Heading, record: list[Pair], text: Pair | None) -> None:
        """Read an object without a label below one: ``{"疾病": [{"text": "肺炎"}]}``, or CLUENER's layout."""
        # {"疾病": {"肺炎": [[10, 12]]}}: https://github.com/CLUEbenchmark/CLUENER2020
        self._remarks(pair for pair in record if pair is not text)
        values = leaves(text[1]) if text else [key for key, _ in record]
        for value in values:
            self._state(heading, value)

    def _values_as_keys(self, record: list[Pair], heading: Heading) -> bool:
        keys = [key for key, _ in record]
        if not heading.is_known or any(self._field(key) for key in keys):
            return False
        return all(map(self._is_said, keys)) or all(_holds_numbers(value) for _, value in record)

    def _maps_to_labels(self, record: list[Pair]) -> bool:
        """Tell whether an object maps values to labels: ``{"肺炎": "疾病"}``."""
        named = [
            key for key, value in record if self._label_of(value) is not None and self._field(key) is None
        ]
        return bool(named) and (len(named) == len(record) or any(map(self._is_said, named)))

    def _values_to_labels(self, record: list[Pair]) -> None:
        for key, value in record:
            label = self._label_of(value) or value
            if self._field(key) is None and label.text is not None:
                self._state(Heading(label, is_known=True), key)
            else:
                self._remarks([(key, value)])

    def _others(self, record: list[Pair], node: Node, heading: Heading | None) -> None:
        """Read an object that names no entity: it says that there is none, or holds what may name some."""
        nothing = [value for _, value in record if self.evidence.is_nothing(value.text or "")]
        if not nothing and not any(map(self._holds_more, record)):
            self._bad(node)
            return
        for value in nothing[:1]:
            self.reading.say_nothing(value.text or "", value.span)
        self._remarks(filterfalse(self._holds_more, record))
        for key, value in filter(self._holds_more, record):
            self.read(value, heading if heading and heading.is_known else Heading(key, is_known=False))

    def _holds_more(self, pair: Pair) -> bool:
        key, value = pair
        if self._field(key) is FieldRole.REMARK:
            return False
        return value.text is None or _is_encoded(value)

    def _remarks(self, pairs: Iterable[Pair]) -> None:
        for _, value in pairs:
            self.reading.mark(
                PartKind.FRAME if value.text is None and not value.pairs else PartKind.CHATTER,
                value.span,
            )

    def _bad(self, node: Node) -> None:
        # What a truncated answer has at its end is half of something, and counted as CUT_OFF once.
        if node.is_cut:
            self.reading.mark(PartKind.PROBLEM, node.span)
        else:
            source = str(value_of(node)) if self.depth else self.body[node.start : node.end]
            self.reading.problem(ProblemKind.BAD_OBJECT, source, node.span)

    # Lists

    def _list(self, node: Node, heading: Heading | None, *, among_pairs: bool = False) -> None:
        items = node.items
        strings = [item for item in leaves(node) if not is_number(item)]
        is_below_label = heading is not None and heading.is_known
        if strings and not is_below_label and self._claims(items, strings, among_pairs=among_pairs):
            return
        if among_pairs and strings and heading is None and len(leaves(node)) == len(items):
            self._bad(node)
        else:
            self._items(items, heading)

    def _items(self, items: list[Node], heading: Heading | None) -> None:
        has_pairs = self._has_pairs(items)
        for item in items:
            if has_pairs and item.text is None and not item.is_object:
                self._list(item, None, among_pairs=True)
            else:
                self.read(item, heading)

    def _claims(self, items: list[Node], strings: list[Node], *, among_pairs: bool) -> bool:
        """Read a list of values and labels: ``["肺炎", "疾病", 0.9]``, ``[6, 8, "PER"]``."""
        named = set(strings)
        numbers = [item for item in items if item not in named]
        if len(strings) == 1 and len(numbers) >= 2 and self._names_label(strings[0]):
            self._at_offsets(strings[0], *numbers[:2])
            return True
        claims = self._pairs_among(strings, among_pairs=among_pairs)
        for value, label in claims:
            self._state(Heading(label, is_known=True), value)
        unused = set(items).difference(*claims) if claims else ()
        # [["法国", "地理实体", ["德国", "地理实体"]]: a bracket is missing.
        for item in filter(unused.__contains__, items):
            if item.text is None:
                self.read(item, None)
            else:
                self._remarks([(item, item)])
        return bool(claims)


def _is_encoded(node: Node) -> bool:
    """Tell whether a string holds JSON."""
    return bool(node.opener) and node.text is not None and _ENCODED.match(node.text) is not None


def _holds_objects(node: Node) -> bool:
    return node.is_object or any(
        item.text is None and (item.is_object or _holds_objects(item)) for item in node.items
    )


def _holds_numbers(node: Node) -> bool:
    return node.text is None and all(
        is_number(item) if item.text is not None else _holds_numbers(item) for item in node.items
    )


def _whole_number(node: Node) -> int | None:
    """Read a number: of "第1次", "#2" and 1.0 it is 1, 2 and 1."""
    digits = _OCCURRENCE.fullmatch((node.text or "").strip())
    return int(digits[1]) if digits and "-" not in (node.text or "") else None
