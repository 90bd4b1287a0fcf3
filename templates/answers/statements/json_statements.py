"""What an answer states, and how fields are called in layouts that are not JSON."""

import re
from dataclasses import dataclass, field

from nerforge.templates.domain import Problem
from nerforge.templates.mentions.statements import Statement

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
TEXT_KEY = "|".join(re.escape(key) for key in sorted({*_TEXT_KEYS}, key=len, reverse=True))
LABEL_KEY = "|".join(re.escape(key) for key in sorted({*_LABEL_KEYS}, key=len, reverse=True))


@dataclass(slots=True)
class StatedEntities:
    """The statements of an answer, and what was dropped or mended on the way to them."""

    statements: list[Statement] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    says_nothing: bool = False
    """Whether some value is an empty list or object, which says that there is no entity."""
    is_grouped: bool = False
    """Whether statements came in groups by label, whose order says nothing about the sentence's."""


def split_list(value: str, text: str) -> list[str]:
    """Split a value that the sentence does not say into values all of which it says; else keep it whole."""
    if value in text:
        return [value]
    # "发热、咳嗽" is two values where the sentence says each alone, and one where it says just this.
    pieces = [piece.strip() for piece in re.split("[、,，;；|/]", value) if piece.strip()]
    return pieces if len(pieces) > 1 and all(piece in text for piece in pieces) else [value]
