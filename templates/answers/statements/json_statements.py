"""Understand JSON values as statements about entities, in whatever arrangement a model chose."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from nerforge.templates.answers.statements.json_reading import Scan, Value, read_values
from nerforge.templates.answers.statements.saying_nothing import is_nothing, is_placeholder
from nerforge.templates.domain import Label, LabelSchema, Problem, ProblemKind
from nerforge.templates.mentions.folding import whole_characters
from nerforge.templates.mentions.statements import Statement, excerpt

_TEXT_KEYS = (
    *(
        "entity_text",
        "text",
        "entity",
        "name",
        "value",
        "word",
        "mention",
        "span",
        "surface",
        "content",
        "token",
    ),
    *("entity_name", "entity_value", "phrase", "term", "string", "实体", "实体文本", "实体名称", "实体名"),
    *("实体原文", "实体内容", "文本", "名称", "内容", "原文", "词", "词语", "值"),
)
_LABEL_KEYS = (
    *("entity_label", "label", "type", "entity_type", "tag", "category", "class", "entity_group", "kind"),
    *(
        "entity_class",
        "entity_category",
        "entity_names",
        "ner_tag",
        "labels",
        "types",
        "entity",
        "标签",
        "类型",
        "实体类型",
    ),
    *("实体标签", "类别", "实体类别", "种类", "分类", "标注"),
)
_OCCURRENCE_KEYS = ("occurrence", "occurrences", "nth", "第几次", "第几次出现", "出现次序", "次序")
_FIELDS = {*_TEXT_KEYS, *_LABEL_KEYS}
# The keys that our prompts ask for; nearly every object has exactly these.
_PLAIN_KEYS = {"entity_text", "entity_label"}
_TEXT_RANKS = {key: rank for rank, key in enumerate(_TEXT_KEYS)}
_LABEL_RANKS = {key: rank for rank, key in enumerate(_LABEL_KEYS)}
_MAX_NESTING = 8
_MAX_LOOSE = 20_000
"""Characters of an answer that are searched for text and label between their keys."""
TEXT_KEY = "|".join(re.escape(key) for key in sorted({*_TEXT_KEYS}, key=len, reverse=True))
LABEL_KEY = "|".join(re.escape(key) for key in sorted({*_LABEL_KEYS}, key=len, reverse=True))
# Text and label between their keys where quotes are broken: "text": "所谓"肺炎"", "label": "疾病"
# gives 所谓"肺炎" and 疾病, which no JSON parser does.
_LOOSE = re.compile(
    rf"[\"'“‘]?(?:{TEXT_KEY})[\"'”’]?\s{{0,4}}[:：=]\s{{0,4}}[\"'“‘]([^\"'“”‘’].{{0,400}}?)[\"'”’]?\s{{0,4}}[,，;；]\s{{0,4}}"
    rf"[\"'“‘]?(?:{LABEL_KEY})[\"'”’]?\s{{0,4}}[:：=]\s{{0,4}}[\"'“‘]?([^\"'“”‘’,，{{}}\n]{{1,40}})",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(slots=True)
class StatedEntities:
    """The statements of an answer, and what was dropped or mended on the way to them."""

    statements: list[Statement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    says_nothing: bool = False
    """Whether some value is an empty list or object, which says that there is no entity."""
    is_grouped: bool = False
    """Whether statements came in groups by label, whose order says nothing about the sentence's."""


def interpret(scan: Scan, text: str, schema: LabelSchema) -> StatedEntities:
    """Read the statements of every value of ``scan``."""
    read = StatedEntities(problems=list(scan.problems))
    loose_budget = _MAX_LOOSE
    for value in scan.values:
        best = _interpret(value, text, schema)
        if value.is_repaired and not value.is_cut and loose_budget > 0:
            loose_budget -= len(value.source)
            loose = read_loosely(value.source, text, schema)
            n_said = _n_said(best, text)
            # A repair may end a value at its inner quotes; the sentence decides between the two readings.
            if _n_said(loose, text) > n_said:
                best = loose
        read.statements += best.statements
        read.problems += best.problems
        read.says_nothing |= best.says_nothing
        read.is_grouped |= best.is_grouped
        if value.is_cut:
            read.problems.append(Problem(ProblemKind.CUT_OFF, excerpt(value.source[-60:])))
        elif value.is_repaired:
            read.problems.append(Problem(ProblemKind.JSON_REPAIRED, excerpt(value.source)))
    return read


def _interpret(value: Value, text: str, schema: LabelSchema) -> StatedEntities:
    reader = _Reader(text, schema, is_cut=value.is_cut)
    reader.read(value.value, 0)
    return reader.result


def _n_said(read: StatedEntities, text: str) -> int:
    """Count the statements that the sentence bears out."""
    return sum(statement.value in text for statement in read.statements)


def read_loosely(source: str, text: str, schema: LabelSchema) -> StatedEntities:
    """Read text and label between their keys, whatever quotes and escapes stand between."""
    reader = _Reader(text, schema, is_cut=False)
    for value, label in _LOOSE.findall(source[:_MAX_LOOSE]):
        reader.state(label, value)
    return reader.result


class _Reader:
    def __init__(self, text: str, schema: LabelSchema, *, is_cut: bool) -> None:
        self.text = text
        self.schema = schema
        self.is_cut = is_cut
        self.result = StatedEntities()

    def read(self, value: Any, depth: int) -> None:
        if depth > _MAX_NESTING:
            self._bad(value)
        elif isinstance(value, Mapping):
            self._object(value, depth)
        elif isinstance(value, list):
            self._list(value, depth)
        elif isinstance(value, str) and is_nothing(value, self.text):
            self._say_nothing(value)
        # {"result": "[{\"text\": ...}]"}: JSON in a string, as agents and function calls return it.
        elif isinstance(value, str) and depth and value.lstrip()[:1] in ("{", "["):
            for inner in read_values(value[:10_000]):
                self.read(inner, depth + 1)
        elif value is not None:
            self._bad(value)

    def _list(self, items: list[Any], depth: int) -> None:
        self.result.says_nothing |= not items
        # ["肺炎", "疾病"], ["疾病", "肺炎"], ["肺炎", "疾病", 0.9]: one entity each.
        if (
            len(items) >= 2
            and all(isinstance(item, str) for item in items[:2])
            and not any(isinstance(item, str | list | Mapping) for item in items[2:])
        ):
            first, second = (self.schema.from_variant(item) for item in items[:2])
            if first or second:
                # Where both name labels, the second is the label: of ["身体", "疾病"] the value is 身体.
                label, value = (items[1], items[0]) if second else (items[0], items[1])
                self.state(label, value)
                return
        for item in items:
            self.read(item, depth + 1)

    def _object(self, value: Mapping[str, Any], depth: int) -> None:
        if not value:
            self.result.says_nothing = True
            return
        if value.keys() == _PLAIN_KEYS and isinstance(value["entity_text"], str):
            for piece in split_list(value["entity_text"], self.text):
                self.state(value["entity_label"], piece)
            return
        fields = {_fold_key(key): _alone(item) for key, item in value.items()}
        text_key, label_key = self._keys_of_entity(fields)
        if text_key and label_key:
            # {"text": "肺炎", "type": "疾病"}
            self._entity(fields, text_key, label_key)
        elif self._labels_as_keys(value):
            # {"疾病": ["肺炎"]}
            self._grouped(value, depth)
        elif label_key and (lists := _lists_in(value)):
            # {"type": "疾病", "found": ["肺炎", "肺结核"]}
            for item in chain.from_iterable(lists):
                self.state(fields[label_key], item)
        elif self._texts_as_keys(value, fields):
            # {"肺炎": "疾病"}
            for text, label in value.items():
                self.state(self._label_of(label), text)
        else:
            self._object_of_others(value, depth)

    def _keys_of_entity(self, fields: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """Give the fields in which an object holds an entity's text and its label."""
        texts = {key for key, item in fields.items() if _is_texts(item)}
        text_key = _first(self._without_label(texts, fields), _TEXT_RANKS)
        return text_key, _first(texts - {text_key}, _LABEL_RANKS)

    def _texts_as_keys(self, value: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
        """Tell whether an object maps values to labels."""
        return not (fields.keys() & _FIELDS) and all(map(self._is_label, value.values()))

    def _object_of_others(self, value: Mapping[str, Any], depth: int) -> None:
        """Read an object that names no entity: it says that there is none, or holds what may name some."""
        nothing = [item for item in value.values() if isinstance(item, str) and is_nothing(item, self.text)]
        inner = [item for item in value.values() if _holds_more(item)]
        if nothing:
            self._say_nothing(nothing[0])
            return
        for item in inner:
            self.read(item, depth + 1)
        if not inner:
            self._bad(value)

    def _is_label(self, item: Any) -> bool:
        return (
            isinstance(self._label_of(item), str)
            and self.schema.from_variant(self._label_of(item)) is not None
        )

    @staticmethod
    def _label_of(item: Any) -> Any:
        """Give a label, or the one that an object of a label and other fields, but no text, holds."""
        if not isinstance(item, Mapping):
            return item
        fields = {_fold_key(key): _alone(value) for key, value in item.items()}
        label = _first((key for key, value in fields.items() if isinstance(value, str)), _LABEL_RANKS)
        return None if fields.keys() & _TEXT_RANKS.keys() or label is None else fields[label]

    def _without_label(self, keys: set[str], fields: Mapping[str, Any]) -> set[str]:
        """Leave out ``entity`` where it holds the label, as it does beside ``word``."""
        # transformers' token classification writes {"entity": "疾病", "word": "肺炎"}, others write
        # {"entity": "肺炎", "type": "疾病"}: https://huggingface.co/docs/transformers/main_classes/pipelines
        named = fields.get("entity")
        is_label = isinstance(named, str) and self.schema.from_variant(named) is not None
        return keys - {"entity"} if is_label else keys

    def _entity(self, fields: Mapping[str, Any], text_key: str, label_key: str) -> None:
        texts, label = fields[text_key], fields[label_key]
        occurrence = next((fields[key] for key in _OCCURRENCE_KEYS if key in fields), None)
        texts = texts if isinstance(texts, list) else [texts]
        # {"text": "肺炎", "label": ["疾病", "dis"]}: two names of one label; lists of one length are pairs.
        if isinstance(label, list) and len(label) != len(texts):
            meant = {found for found in map(self.schema.from_variant, label) if found}
            label = meant.pop().answer if len(meant) == 1 else ", ".join(label)
        labels = label if isinstance(label, list) else [label] * len(texts)
        occurrences = occurrence if isinstance(occurrence, list) else [occurrence]
        for name, text in zip(labels, texts, strict=True):
            for piece in split_list(text, self.text):
                for number in occurrences:
                    self.state(name, piece, _whole_number(number))

    def _labels_as_keys(self, value: Mapping[str, Any]) -> bool:
        """Tell whether an object maps labels to values."""
        keys = list(value)
        if not any(self.schema.from_variant(key) for key in keys):
            return False
        return all(item is None or isinstance(item, str | list | Mapping) for item in value.values())

    def _grouped(self, value: Mapping[str, Any], depth: int) -> None:
        self.result.is_grouped = True
        for key, items in value.items():
            if items is None or items in ("", [], {}) or items == "无":
                self.result.says_nothing = True
                continue
            for item in items if isinstance(items, list) else [items]:
                if isinstance(item, Mapping):
                    self._grouped_object(key, item, depth)
                elif isinstance(item, str):
                    for text in split_list(item, self.text):
                        self.state(key, text, group=key)
                elif item is not None:
                    self._bad(item)

    def _grouped_object(self, key: str, item: Mapping[str, Any], depth: int) -> None:
        fields = {_fold_key(name): field for name, field in item.items()}
        text_key = _first((name for name, field in fields.items() if isinstance(field, str)), _TEXT_RANKS)
        if text_key:
            self.state(key, fields[text_key], group=key)
        # {"疾病": {"肺炎": [[10, 12]]}}, the layout of CLUENER.
        elif item and all(isinstance(value, list) for value in item.values()):
            for text in item:
                self.state(key, text, group=key)
        else:
            self.read(item, depth + 1)

    def state(self, label_name: Any, value: Any, occurrence: int | None = None, group: str = "") -> None:
        """Add a statement, or the problem that keeps it from being one."""
        label_name = _alone(label_name)
        if not isinstance(label_name, str):
            self._bad(label_name)
        elif isinstance(value, str) and is_placeholder(value, self.text):
            self.result.problems.append(Problem(ProblemKind.PROMPT_ECHO, value))
        elif isinstance(value, str) and not label_name and is_nothing(value, self.text):
            self._say_nothing(value)
        elif (label := self.schema.from_variant(label_name)) is None:
            kind = ProblemKind.CUT_OFF if self.is_cut and not label_name else ProblemKind.UNKNOWN_LABEL
            self.result.problems.append(Problem(kind, excerpt(whole_characters(label_name))))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            # 2020 for "2020"
            self._state_value(label, label_name, str(value), occurrence, group)
        elif isinstance(value, str):
            self._state_value(label, label_name, value, occurrence, group)
        else:
            self._bad(value)

    def _state_value(
        self, label: Label, label_name: str, value: str, occurrence: int | None, group: str
    ) -> None:
        if not value.strip():
            self.result.problems.append(Problem(ProblemKind.EMPTY_VALUE, label_name))
        elif is_nothing(value, self.text):
            self._say_nothing(value)
        else:
            if label.answer != label_name:
                variant = Problem(ProblemKind.LABEL_VARIANT, excerpt(whole_characters(label_name)))
                self.result.problems.append(variant)
            value = whole_characters(value)
            self.result.statements.append(Statement(label, value, occurrence, group and label.name))

    def _say_nothing(self, value: str) -> None:
        self.result.says_nothing = True
        self.result.problems.append(Problem(ProblemKind.OTHER_LAYOUT, excerpt(value)))

    def _bad(self, value: Any) -> None:
        # What a truncated piece has at its end is half of something, and counted as CUT_OFF once.
        if self.is_cut:
            return
        self.result.problems.append(
            Problem(ProblemKind.BAD_OBJECT, excerpt(whole_characters(str(value)[:200])))
        )


def _lists_in(value: Mapping[str, Any]) -> list[list[Any]]:
    return [item for item in value.values() if isinstance(item, list)]


def split_list(value: str, text: str) -> list[str]:
    """Split a value that the sentence does not say into values all of which it says; else keep it whole."""
    if value in text:
        return [value]
    # "发热、咳嗽" is two values where the sentence says each alone, and one where it says just this.
    pieces = [piece.strip() for piece in re.split("[、,，;；|/]", value) if piece.strip()]
    return pieces if len(pieces) > 1 and all(piece in text for piece in pieces) else [value]


def _fold_key(key: str) -> str:
    return key.strip(" \t\"'“”‘’").casefold().replace("-", "_").replace(" ", "_")


def _first(keys: Iterable[str], ranks: Mapping[str, int]) -> str | None:
    return min((key for key in keys if key in ranks), key=ranks.__getitem__, default=None)


def _holds_more(value: Any) -> bool:
    return isinstance(value, list | Mapping) or (isinstance(value, str) and value.lstrip()[:1] in ("{", "["))


def _alone(value: Any) -> Any:
    """Take a value out of a list of one; a number is the text that writes it."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0]
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _is_texts(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and bool(value) and all(isinstance(item, str) for item in value)
    )


def _whole_number(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer() and value < 1e9:
        value = int(value)
    # "第1次", "#2" and "1.0" are 1, 2 and 1.
    if isinstance(value, str) and (digits := re.fullmatch(r"\D{0,4}(\d{1,9})(?:\.0)?\D{0,4}", value.strip())):
        value = digits[1]
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
