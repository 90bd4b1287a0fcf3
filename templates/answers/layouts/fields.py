"""Read fields with names but no JSON around them: YAML, elements, ``实体：肺炎，类型：疾病``."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import islice
from typing import NamedTuple

from nerforge.templates.answers.answer_reading import AnswerReading, Span
from nerforge.templates.answers.evidence import ITEM_SIGN, MAIN_ROLES, Evidence, FieldRole
from nerforge.templates.answers.layouts.json_nodes import Node, Pair, move, parse
from nerforge.templates.answers.layouts.json_objects import Heading, ObjectReader
from nerforge.templates.domain import PartKind

_COLON = re.compile("[:：=]")
_MAX_KEY = 40
_MAX_VALUE, _MAX_TAIL = 1_000, 200
_MAX_FIELDS = 2_000
"""Fields of an answer at most, or one for each character of the sentence; what is beyond is a loop."""
# "- **实体1**" before a colon: what stands around a key, its name, and the number of the item.
_KEY = re.compile(
    r"(?P<frame>[*_`\"'“【\[]{0,3})(?P<name>[^\W\d_][\w/-]*(?: [\w/-]+){0,3})"
    r"[*_`\"'”】\]]{0,3}\s{0,3}\Z"
)
_ELEMENT = re.compile(r"<([^<>/\s]{1,40})>([^<>]{0,500})</\1>")
_ITEM = re.compile(r"\n[ \t]{0,20}[-*•][ \t]{1,4}([^\n:：]{1,200})(?=\n|\Z)")
_FIRST_ITEM = re.compile(rf"\s*\n[ \t]{{0,20}}{ITEM_SIGN}")
_BETWEEN = re.compile(r"[\s,，;；、|]*(?:[-*•>]|\d{1,3}[.、)）]|[（(]\d{1,3}[)）])?[\s(（]*\Z")
_QUOTES = " \t\r\"'“”‘’`*_"
_DIGITS = " 0123456789"
_ENDS = " \t\r\n,，;；、|"
_REMARK = re.compile(r"\s*[（(,，。;；—|]|\s-\s")
_LINE_BOUND = re.compile(rf"\n\s*\n|\n[ \t]*{ITEM_SIGN}")


class _Key(NamedTuple):
    """A key in its place, and the place of what stands behind its colon."""

    node: Node
    field: FieldRole
    value: Span


def read_fields(body: str, evidence: Evidence) -> AnswerReading:
    """Read the fields of entities in the body of an answer; nothing if no entity has both text and label."""
    return _FieldReader(body, evidence).run()


class _FieldReader:
    def __init__(self, body: str, evidence: Evidence) -> None:
        self.body = body
        self.evidence = evidence
        self.objects = ObjectReader(body, evidence)

    def run(self) -> AnswerReading:
        keys = list(islice(self._elements(), _MAX_FIELDS)) or list(self._keys())
        records = list(self._records(keys))
        heading: Heading | None = None
        if any(MAIN_ROLES <= {key.field for key in record} for record in records):
            for record in records:
                heading = self._read(record, heading)
        return self.objects.reading

    def _read(self, record: list[_Key], heading: Heading | None) -> Heading | None:
        """Read an entity below a heading, and give that of the next ones."""
        pairs = [(key.node, value) for key in record if (value := self._value(key)) is not None]
        self._mark_frame(pairs)
        kinds = [key.field for key in record]
        if kinds[0] is FieldRole.LABEL:
            heading = next((Heading(v, is_known=True) for _, v in pairs if v.text is not None), None)
        node = Node(record[0].node.start, record[-1].value[1], pairs=list(pairs), is_object=True)
        if not MAIN_ROLES.isdisjoint(kinds):
            self.objects.read(node, None if FieldRole.LABEL in kinds else heading)
        return heading

    def _elements(self) -> Iterator[_Key]:
        """Yield the fields of ``<entity><text>陈丽华</text><label>人名</label></entity>``."""
        for found in _ELEMENT.finditer(self.body):
            field = self.evidence.field(found[1])
            if field is not None:
                yield _Key(Node(found.start(1), found.end(1), found[1], "<"), field, found.span(2))

    def _keys(self) -> Iterator[_Key]:
        most = max(_MAX_FIELDS, len(self.evidence.text))
        colons = islice(_COLON.finditer(self.body), most)
        named = ((self._key(colon.start()), colon.end()) for colon in colons)
        found = [(*key, start) for key, start in named if key is not None]
        for (key, field, start), after in zip(found, [*found[1:], None], strict=False):
            last = min(after[0].start if after else len(self.body), start + _MAX_VALUE)
            line_end = self.body.find("\n", start, last)
            end = line_end if line_end >= 0 else last
            if self._is_root(start, end):
                self.objects.reading.mark(PartKind.FRAME, (key.start, start))
            else:
                yield _Key(key, field, (start, end))

    def _is_root(self, start: int, end: int) -> bool:
        """Tell a key above all entities, as ``实体:`` is above ``- 实体: 肺炎``, from a field."""
        is_above = _FIRST_ITEM.match(self.body, end) is not None and _ITEM.match(self.body, end) is None
        return is_above and not self.body[start:end].strip(_QUOTES)

    def _key(self, colon: int) -> tuple[Node, FieldRole] | None:
        """Find the name of a field that ends before a colon."""
        start = max(colon - _MAX_KEY, 0, self.body.rfind("\n", max(colon - _MAX_KEY, 0), colon) + 1)
        at = start
        while found := _KEY.search(self.body, at, colon):
            name = found["name"]
            field = self.evidence.field(name) or self.evidence.field(name.rstrip(_DIGITS))
            before = self.body[found.start() - 1 : found.start()]
            if field is not None and not before.isalnum():
                return Node(found.start(), found.end(), name, '"'), field
            at = found.start("name") + 1 + len(name.partition(" ")[0])
        return None

    def _records(self, keys: list[_Key]) -> Iterator[list[_Key]]:
        """Group fields by entity: a text or label that comes again begins the next one."""
        record: list[_Key] = []
        held: set[FieldRole] = set()
        first = next(filter(MAIN_ROLES.__contains__, (key.field for key in keys)), None)
        for key in keys:
            is_bound = bool(record) and self._is_bound(record[-1].value[1], key.node.start)
            key = key if is_bound else self._without_second(key, record)
            begins = key.field in held or (key.field is first and held)
            if begins or (held == MAIN_ROLES and is_bound):
                yield record
                record, held = [], set()
            record.append(key)
            held |= MAIN_ROLES & {key.field}
        if record:
            yield record

    def _without_second(self, key: _Key, record: list[_Key]) -> _Key:
        """Make a remark of what says more of an entity that has such a field: 原文 behind 文本 and 类型."""
        same = next((one for one in record if one.field is key.field), None)
        if same is None or key.field is not FieldRole.TEXT:
            return key
        first, second = (self.body[slice(*one.value)].strip(_ENDS + _QUOTES) for one in (same, key))
        return key._replace(field=FieldRole.REMARK) if first and first in second else key

    def _is_bound(self, start: int, end: int) -> bool:
        return _LINE_BOUND.search(self.body[start:end]) is not None

    def _value(self, key: _Key) -> Node | None:
        """Give what a field holds; None where that is nothing, or the whole sentence."""
        start, end = key.value
        raw = self.body[start:end]
        if key.field not in MAIN_ROLES:
            around = _ENDS + _QUOTES + "{}[]()" if key.field is FieldRole.VERDICT else _ENDS
            return self._leaf(start, raw.strip(around))
        if raw.lstrip()[:1] == "[" and (nodes := parse(raw, self.evidence).nodes):
            return move(nodes[0], start.__add__, start.__add__)
        if not raw.strip() and (items := self._items(end)):
            return Node(items[0].start, items[-1].end, opener="[", pairs=[(None, item) for item in items])
        return self._plain_value(key, raw)

    def _plain_value(self, key: _Key, raw: str) -> Node | None:
        if key.node.opener == "<" and "&" in raw and not self.evidence.says(raw):
            return Node(*key.value, unescape(raw.strip()), '"')
        words = self._words(raw, key.field)
        return self._leaf(key.value[0], words) if words else None

    def _items(self, start: int) -> list[Node]:
        items = []
        while found := _ITEM.match(self.body, start):
            items.append(self._leaf(found.start(1), found[1].strip(_QUOTES)))
            start = found.end()
        return items

    def _words(self, raw: str, field: FieldRole) -> str:
        """Strip a value of quotes and of the remark behind it, unless the sentence says them, too."""
        whole = self._unquoted(raw.strip(_ENDS))
        stop = whole.rstrip("。.!！")
        choices = [whole, stop, whole.strip(_QUOTES), stop.strip(_QUOTES), stop.strip(_QUOTES + ")）]】")]
        choices += [whole[: bound.start()].strip(_QUOTES) for bound in _REMARK.finditer(whole)][::-1]
        if field is FieldRole.TEXT:
            return next((words for words in choices if words and self.evidence.says(words)), choices[3])
        named = next((words for words in sorted(choices, key=len) if self.evidence.schema.named(words)), None)
        return named or next((words for words in choices[::-1] if self.evidence.label(words)), choices[3])

    def _unquoted(self, words: str) -> str:
        """Strip quotes as YAML has them around a value, though the sentence may say “肺炎”."""
        is_quoted = len(words) > 2 and words[0] == words[-1] in "\"'"
        return words[1:-1] if is_quoted and self.evidence.says(words[1:-1]) else words

    def _leaf(self, start: int, words: str) -> Node:
        at = self.body.find(words, start)
        return Node(at, at + len(words), words, '"')

    def _mark_frame(self, pairs: Iterable[Pair]) -> None:
        for key, value in pairs:
            before = _BETWEEN.search(self.body, max(key.start - 20, 0), key.start)
            first = before.start() if before else key.start
            self.objects.reading.mark(PartKind.FRAME, (first, value.start))
            tail = self.body[value.end : value.end + _MAX_TAIL].partition("\n")[0]
            if key.opener == "<":
                self.objects.reading.mark(PartKind.FRAME, (key.start - 1, value.start))
                tail = tail[: len(key.text or "") + 3]
                self.objects.reading.mark(PartKind.FRAME, (value.end, value.end + len(tail)))
                continue
            if value.text is None:
                self.objects.reading.mark(PartKind.FRAME, value.span)
            marks = len(tail) - len(tail.lstrip(_ENDS + _QUOTES + "。."))
            self.objects.reading.mark(PartKind.FRAME, (value.end, value.end + marks))
            if self.evidence.field(key.text or "") is FieldRole.LABEL:
                # 类型：疾病（肺部的炎症）
                self.objects.reading.mark(PartKind.CHATTER, (value.end + marks, value.end + len(tail)))
