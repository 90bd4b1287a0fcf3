"""Understand JSON, in whatever arrangement a model chose: which value belongs to which label."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from nerforge.templates.answers.envelope import unwrap
from nerforge.templates.answers.evidence import Evidence, Field
from nerforge.templates.answers.layouts.json_nodes import Document, Node, Pair, parse, records, value_of
from nerforge.templates.answers.reading import Reading, Span
from nerforge.templates.domain import Grounding, PartKind, ProblemKind
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.statements import Statement

_MAX_ENCODED = 3
"""How often JSON may be encoded in a string of JSON."""
_NULLS = ("null", "None", "undefined")
_BOOLEANS = ("true", "false", "True", "False")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|NaN")
_SEPARATOR = re.compile(r"[、,，;；|/]")
_OCCURRENCE = re.compile(r"\D{0,4}(\d{1,9})(?:\.0)?\D{0,4}")
_STARTS = ("start", "start_idx", "start_offset", "start_pos", "begin", "起始", "起始位置", "开始")
_ENDS = ("end", "end_idx", "end_offset", "end_pos", "结束", "结束位置")


class Heading(NamedTuple):
    """What names the label of the values below it: a key or a field."""

    node: Node
    is_known: bool
    is_group: bool = False
    """Whether it is a key of an object whose keys are labels."""


def read_json(body: str, evidence: Evidence) -> Reading:
    """Read every JSON value in the body of an answer, whole or broken."""
    return ObjectReader(body, evidence).run(parse(body, evidence))


def read_values(answer: str) -> list[Any]:
    """Give the JSON values of an answer as ``json.loads`` does, broken ones too."""
    values = [value_of(node) for node in parse(unwrap(answer, "").text).nodes]
    inner = (read_values(value) if isinstance(value, str) else [value] for value in values)
    return [value for found in inner for value in found]


class ObjectReader:
    """Reads the nodes of one answer."""

    def __init__(self, body: str, evidence: Evidence) -> None:
        """Take the body of an answer, and what is known of the words in it."""
        self.body = body
        self.evidence = evidence
        self.reading = Reading(evidence)
        self.inside: list[Span] = []

    def run(self, document: Document) -> Reading:
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
                self.reading.problem(
                    ProblemKind.CUT_OFF, self.body[max(node.end - 60, node.start) : node.end], at
                )
            elif not node.is_valid:
                self.reading.problem(ProblemKind.JSON_REPAIRED, self.body[node.start : node.end])
        if document.rest is not None:
            rest = (document.rest, len(self.body))
            self.reading.problem(ProblemKind.REPEATED, f"{rest[1] - rest[0]} characters", rest)
        return self.reading

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
            self.reading.mark(PartKind.FRAME, self._at(node))
        elif (
            node.opener
            and text.lstrip()[:1] in ("{", "[")
            and len(self.inside) < _MAX_ENCODED
            and not self.evidence.says(text)
        ):
            self._encoded(node, heading)
        elif heading is None or self._is_remark(node, heading):
            self._unnamed(node, heading)
        else:
            self._state(heading, node)

    def _is_remark(self, node: Node, heading: Heading) -> bool:
        """Tell numbers, and words under an unknown key, from values: the sentence does not say them."""
        is_plain = node.opener != "" and not _is_number(node)
        is_claim = is_plain and (heading.is_known or heading.is_group)
        return not is_claim and not self._is_said(node) and not self.evidence.is_nothing(node.text or "")

    def _unnamed(self, node: Node, heading: Heading | None) -> None:
        text = node.text or ""
        if self.evidence.is_nothing(text):
            self.reading.say_nothing(text, self._at(node))
        elif heading is not None or _is_number(node) or self.evidence.is_placeholder(text):
            self.reading.mark(PartKind.CHATTER, self._at(node))
        else:
            self.reading.problem(ProblemKind.BAD_OBJECT, text, self._at(node))

    def _encoded(self, node: Node, heading: Heading | None) -> None:
        """Read JSON in a string; its values have the place of the whole string."""
        # {"result": "[{\"text\": ...}]"}: as agents and function calls return it.
        self.inside.append(self._at(node))
        self.reading.mark(PartKind.FRAME, self._at(node))
        for inner in parse(node.text or "", self.evidence).nodes:
            self.read(inner, heading)
        self.inside.pop()

    def _state(self, heading: Heading, node: Node, occurrence: int | None = None) -> None:
        name, group = heading.node.text or "", "group" if heading.is_group else ""
        for text, at in self._pieces(node):
            self.reading.state(name, self._at(heading.node), text, at, occurrence=occurrence, group=group)

    def _pieces(self, node: Node) -> list[tuple[str, Span]]:
        """Split a value that the sentence does not say, if it says all parts; else keep it whole."""
        text, at = node.text or "", self._at(node)
        if self.evidence.says(text) or not _SEPARATOR.search(text):
            return [(text, at)]
        edges = [0, *(edge for found in _SEPARATOR.finditer(text) for edge in found.span()), len(text)]
        raw = [(text[a:b], a) for a, b in zip(edges[::2], edges[1::2], strict=True) if text[a:b].strip()]
        if len(raw) < 2 or not all(self.evidence.says(piece.strip()) for piece, _ in raw):
            return [(text, at)]
        if self.inside or node.end - node.start != len(text):
            return [(piece.strip(), at) for piece, _ in raw]
        starts = [(piece.strip(), node.start + a + len(piece) - len(piece.lstrip())) for piece, a in raw]
        return [(piece, (start, start + len(piece))) for piece, start in starts]

    def _at(self, node: Node) -> Span:
        return self.inside[-1] if self.inside else node.span

    # Objects

    def _object(self, record: list[Pair], node: Node, heading: Heading | None) -> None:
        for key, _ in record:
            self.reading.mark(PartKind.FRAME, self._at(key))
        if self._is_denied(record):
            self._remarks(record)
            return
        text, label = self._roles(record)
        if (
            heading
            and heading.is_known
            and text
            and label
            and not any(map(self._is_label_key, _leaves(label[1])))
        ):
            # {"疾病": [{"text": "肺炎", "type": "主要诊断"}]}
            label = None
        if text and label:
            self._entity(record, text, label)
        elif any(self._is_label_key(key) for key, _ in record):
            self._groups(record)
        elif label:
            self._labelled(record, label, node)
        elif heading and (text or self._values_as_keys(record, heading)):
            self._under(heading, record, text)
        elif self._maps_to_labels(record):
            self._values_to_labels(record)
        else:
            self._others(record, node, heading)

    def _is_denied(self, record: Iterable[Pair]) -> bool:
        verdicts = (value.text for key, value in record if self._field(key) is Field.VERDICT)
        return any(
            text is not None and text.strip().casefold() in self.evidence.words.denied for text in verdicts
        )

    def _roles(self, record: list[Pair]) -> tuple[Pair | None, Pair | None]:
        """Find the fields in which an object holds an entity's text and its label."""
        texts, labels = self._ranked(record, Field.TEXT), self._ranked(record, Field.LABEL)
        # {"entity": "PER", "word": "林晓梅"}, {"text": whole sentence, "entity": "林晓梅", "label": "PER"}
        plain = sorted(
            (pair for pair in texts if not self._names_label(pair[1])), key=lambda x: self._is_sentence(x[1])
        )
        text = plain[0] if plain else None
        label = next((pair for pair in labels if pair is not text and pair[1].text != ""), None)
        if text is None:
            text = next((pair for pair in texts if pair is not label and label is not None), None)
        others = [pair for pair in record if pair[0] not in _keys(text, label) and self._is_free(pair)]
        if label is None:
            named = (
                pair
                for pair in [*texts, *(others if text else [])]
                if pair is not text and self._names_label(pair[1])
            )
            label = next(named, None) or next((pair for pair in labels if pair is not text), None)
        if text is None and label is not None:
            text = next((pair for pair in others if pair is not label and self._says_all(pair[1])), None)
        return text, label

    def _ranked(self, record: Iterable[Pair], field: Field) -> list[Pair]:
        ranked = [
            (rank, pair)
            for pair in record
            if (rank := self.evidence.rank(pair[0].text or "", field)) is not None
        ]
        return [pair for _, pair in sorted(ranked, key=lambda found: found[0]) if _is_words(pair[1])]

    def _is_free(self, pair: Pair) -> bool:
        """Tell whether a field has no known meaning, and may be an entity's text or label under any name."""
        return (
            self._field(pair[0]) in (None, Field.TEXT)
            and not self._is_label_key(pair[0])
            and _is_words(pair[1])
        )

    def _entity(self, record: list[Pair], text: Pair, label: Pair) -> None:
        """Read ``{"text": "肺炎", "type": "疾病"}``, with lists on either side."""
        rest = [pair for pair in record if pair[0] not in _keys(text, label)]
        inner = [
            value for key, value in rest if self._field(key) is not Field.REMARK and _holds_objects(value)
        ]
        self._remarks(pair for pair in rest if pair[1] not in inner)
        for value in inner:
            self.read(value, None)
        if inner and self._is_sentence(text[1]):
            self._remarks([text, label])
            return
        texts, labels = _leaves(text[1]), _leaves(label[1])
        occurrences = next((_leaves(v) for k, v in rest if self._field(k) is Field.OCCURRENCE), [])
        numbers = [_whole_number(node) for node in occurrences] or [None]
        for value, name in zip(texts, self._labels_for(texts, labels), strict=True):
            if self._is_swapped(value, name):
                value, name = name, value
            for number in numbers:
                self._state(self._heading(name, is_known=True), value, number)

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
                self.reading.mark(PartKind.LABEL, self._at(key))
                self.read(value, Heading(key, is_known=True, is_group=True))
            elif self._field(key) in (None, Field.TEXT, Field.LABEL) and not self._is_context(value):
                # {"人名": ["王毅"], "职务": ["外交部长"]}
                self.read(value, Heading(key, is_known=False, is_group=value.text is None))
            else:
                self._remarks([(key, value)])

    def _is_context(self, value: Node) -> bool:
        """Tell a part of the sentence, or the name of a label, from a value."""
        text = value.text or ""
        return (
            self._is_sentence(value)
            or self._names_label(value)
            or (len(text) > 20 and 2 * len(text) > len(self.evidence.text))
        )

    def _labelled(self, record: list[Pair], label: Pair, node: Node) -> None:
        """Read ``{"type": "疾病", "found": ["肺炎"]}`` and ``{"label": "PER", "start": 6, "end": 8}``."""
        rest = [pair for pair in record if pair is not label]
        heading = self._heading(label[1], is_known=True)
        held = [value for key, value in rest if self._field(key) is not Field.REMARK and value.text is None]
        self._remarks(pair for pair in rest if pair[1] not in held)
        for value in held:
            self.read(value, heading)
        if held:
            return
        fields = {(key.text or "").strip().casefold(): value for key, value in rest}
        start, end = (next((fields[n] for n in names if n in fields), None) for names in (_STARTS, _ENDS))
        empty = any(self._field(key) is Field.TEXT and self._is_empty(value) for key, value in rest)
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
        at = (min(start.start, end.start), max(start.end, end.end)) if not self.inside else self.inside[-1]
        if known is None:
            self.reading.problem(
                ProblemKind.UNKNOWN_LABEL, f"{label.text}: {start.text}-{end.text}", self._at(label), at
            )
        elif first is None or last is None or not first < last <= len(text) or not text[first:last].strip():
            self.reading.problem(
                ProblemKind.BAD_OBJECT, f"{label.text}: {start.text}-{end.text}", self._at(label), at
            )
        else:
            value = text[first:last]
            if value != value.strip() or not (value[0].isalnum() and value[-1].isalnum()):
                self.reading.problem(ProblemKind.OFFSETS_DISAGREE, f"{value} {first}-{last}")
            statement = Statement(known, value, None, "", (first, last), Grounding.EXACT, at, self._at(label))
            self.reading.statements.append(statement)

    def _under(self, heading: Heading, record: list[Pair], text: Pair | None) -> None:
        """Read an object without a label below one: ``{"疾病": [{"text": "肺炎"}]}``, or CLUENER's layout."""
        # {"疾病": {"肺炎": [[10, 12]]}}: https://github.com/CLUEbenchmark/CLUENER2020
        self._remarks(pair for pair in record if pair is not text)
        values = _leaves(text[1]) if text else [key for key, _ in record]
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
                self._state(self._heading(label, is_known=True), key)
            else:
                self._remarks([(key, value)])

    def _label_of(self, node: Node) -> Node | None:
        """Give a label, or the one that an object of a label and other fields holds, or a list of one."""
        if node.is_object:
            text, label = self._roles([(k, v) for k, v in node.pairs if k is not None])
            node = label[1] if label and not text else node
        named = [item for item in _leaves(node) if self.evidence.label(item.text or "")]
        return named[0] if len(named) == len(_leaves(node)) == 1 else None

    def _others(self, record: list[Pair], node: Node, heading: Heading | None) -> None:
        """Read an object that names no entity: it says that there is none, or holds what may name some."""
        held = [(key, value) for key, value in record if self._holds_more(key, value)]
        nothing = [value for _, value in record if self.evidence.is_nothing(value.text or "")]
        if nothing:
            self.reading.say_nothing(nothing[0].text or "", self._at(nothing[0]))
        elif not held:
            self._bad(node)
            return
        self._remarks(pair for pair in record if pair not in held)
        for key, value in held:
            self.read(value, heading if heading and heading.is_known else self._heading(key, is_known=False))

    def _holds_more(self, key: Node, value: Node) -> bool:
        if self._field(key) is Field.REMARK:
            return False
        return value.text is None or (value.opener != "" and value.text.lstrip()[:1] in ("{", "["))

    def _remarks(self, pairs: Iterable[Pair]) -> None:
        for _, value in pairs:
            self.reading.mark(
                PartKind.FRAME if value.text is None and not value.pairs else PartKind.CHATTER,
                self._at(value),
            )

    def _bad(self, node: Node) -> None:
        # What a truncated answer has at its end is half of something, and counted as CUT_OFF once.
        if node.is_cut:
            self.reading.mark(PartKind.PROBLEM, self._at(node))
        else:
            source = str(value_of(node)) if self.inside else self.body[node.start : node.end]
            self.reading.problem(ProblemKind.BAD_OBJECT, source, self._at(node))

    # Lists

    def _list(self, node: Node, heading: Heading | None, *, among_pairs: bool = False) -> None:
        items = node.items
        strings = [item for item in items if item.text is not None and not _is_number(item)]
        is_flat = all(item.text is not None for item in items)
        if (
            (heading is None or not heading.is_known)
            and strings
            and self._claims(items, strings, among_pairs=among_pairs)
        ):
            return
        if among_pairs and is_flat and strings and heading is None:
            self._bad(node)
            return
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
        claims = list(self._pairs_among(strings, among_pairs=among_pairs))
        for value, label in claims:
            self._state(self._heading(label, is_known=True), value)
        used = {node for claim in claims for node in claim}
        if claims:
            self._remarks((item, item) for item in items if item not in used and item.text is not None)
            # [["法国", "地理实体", ["德国", "地理实体"]]: a bracket is missing.
            for item in items:
                if item.text is None:
                    self.read(item, None)
        return bool(claims)

    def _pairs_among(self, strings: list[Node], *, among_pairs: bool) -> Iterator[Pair]:
        """Yield values with their labels."""
        is_label = [self.evidence.label(node.text or "") is not None for node in strings]
        n_labels = sum(is_label)
        if len(strings) < 2 or (not n_labels and not among_pairs) or n_labels == len(strings) > 2:
            return
        flat = list(zip(strings[::2], strings[1::2], strict=False))
        if (
            len(strings) % 2 == 0
            and 2 * n_labels == len(strings)
            and (all(is_label[1::2]) or all(is_label[::2]))
        ):
            # ["肺炎", "疾病", "肺", "身体"]
            yield from flat if is_label[1] else [(value, label) for label, value in flat]
        elif is_label[0] and n_labels == 1 and all(map(self._is_said, strings[1:])):
            # ["人名", "王毅", "朔尔茨"]
            yield from ((value, strings[0]) for value in strings[1:])
        elif is_label[1] or not n_labels:
            # Where both name labels, the second is the label: of ["身体", "疾病"] the value is 身体.
            is_turned = not n_labels and self._is_said(strings[1]) and not self._is_said(strings[0])
            yield (strings[1], strings[0]) if is_turned else (strings[0], strings[1])
        else:
            at = is_label.index(True)
            yield next(node for n, node in enumerate(strings) if n != at), strings[at]

    def _pair_in(self, node: Node) -> bool:
        """Tell whether a list is a value with its label."""
        if node.is_object or any(item.text is None for item in node.items):
            return False
        strings = [item for item in node.items if not _is_number(item)]
        names_one = len(strings) == 1 and self._names_label(strings[0]) and len(node.items) > 2
        return names_one or any(True for _ in self._pairs_among(strings, among_pairs=False))

    def _has_pairs(self, nodes: Iterable[Node]) -> bool:
        return any(self._pair_in(node) for node in nodes if node.text is None)

    # What is known of a node

    def _heading(self, node: Node, *, is_known: bool) -> Heading:
        return Heading(node, is_known)

    def _field(self, key: Node) -> Field | None:
        return self.evidence.field(key.text or "")

    def _is_label_key(self, key: Node) -> bool:
        return self.evidence.label(key.text or "") is not None

    def _names_label(self, node: Node) -> bool:
        """Tell whether a string is the name of a label, and not a value that the sentence says."""
        text = node.text or ""
        return self.evidence.label(text) is not None and not self.evidence.says(text)

    def _is_said(self, node: Node) -> bool:
        return bool(node.text) and self.evidence.says(node.text or "")

    def _says_all(self, node: Node) -> bool:
        return all(map(self._is_said, _leaves(node)))

    def _is_sentence(self, node: Node) -> bool:
        text = node.text or ""
        return len(text) >= len(self.evidence.text.strip()) > 0 and self.evidence.folded in fold(text)

    @staticmethod
    def _is_empty(node: Node) -> bool:
        return (not node.opener and node.text in _NULLS) or node.text == ""


def _keys(*pairs: Pair | None) -> list[Node]:
    return [pair[0] for pair in pairs if pair is not None]


def _leaves(node: Node) -> list[Node]:
    return [node] if node.text is not None else [item for item in node.items if item.text is not None]


def _is_words(node: Node) -> bool:
    """Tell whether a node is a string or a number, or a list of some."""
    if node.text is not None:
        return bool(node.opener) or node.text not in (*_NULLS, *_BOOLEANS)
    return bool(node.pairs) and not node.is_object and all(item.text is not None for item in node.items)


def _is_number(node: Node) -> bool:
    text = node.text or ""
    return not node.opener and (text in (*_NULLS, *_BOOLEANS) or _NUMBER.fullmatch(text) is not None)


def _holds_objects(node: Node) -> bool:
    return node.is_object or any(
        item.text is None and (item.is_object or _holds_objects(item)) for item in node.items
    )


def _holds_numbers(node: Node) -> bool:
    return node.text is None and all(
        _is_number(item) if item.text is not None else _holds_numbers(item) for item in node.items
    )


def _whole_number(node: Node) -> int | None:
    """Read a number: of "第1次", "#2" and 1.0 it is 1, 2 and 1."""
    digits = _OCCURRENCE.fullmatch((node.text or "").strip())
    return int(digits[1]) if digits and "-" not in (node.text or "") else None
