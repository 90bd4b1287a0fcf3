"""Gold written in the layouts of chat models, with their habits, and how much of it is read back.

``python -m tests.templates.answers.layout_writers`` prints a table of how the layouts are read.
"""

import csv
import io
import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import Any, NamedTuple

import yaml

from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Answer, Entity, Grounding, LabelSchema, Outcome, ProblemKind, Sample
from nerforge.templates.tasks import load_task
from tests.templates.answers.native_answers import real_samples

INTROS = (
    *(
        "好的，以下是从句子中提取的实体：",
        "根据给定的句子，识别出的命名实体如下：",
        "识别结果：",
        "实体列表：",
    ),
    *("**实体识别结果**", "句子：{text}\n实体：", "好的，我来识别这句话中的实体。", "以下为结果："),
    *("Here are the named entities:", "Sure! The entities in the sentence are as follows:", "Output:"),
)
CLOSINGS = (
    *("希望以上结果对您有帮助！", "如有其他问题，请随时告诉我。", "以上就是句子中的全部实体。", "以上。"),
    *("Let me know if you need anything else.", "I hope this helps!", "总共识别出{n}个实体。"),
    *("注：以上标注仅供参考。", "Note: labels follow the given list."),
)
REMARKS = (
    *("{label}类实体", "是{label}的名称", "句中提到的{label}", "根据上下文判断为{label}", "属于{label}"),
    *("见“{context}”", "句中“{context}”一处", "mentioned in the sentence", "it is a {label}"),
    "a {label} in “{context}”",
)
REASONS_AGAINST = (
    *("不是实体", "普通词语，不属于任何类型", "不属于给定的类别", "it is not an entity", "a common word"),
    *("not one of the given types", "只是描述，不是{label}"),
)
NOTHING = ("没有找到任何实体", "无", "句中没有实体。", "未识别到实体", "No entities found", "None", "[]")
NO_VALUES = ("无", "无", "（无）", "没有", "未提及", "None", "N/A", "-", "[]")
KEYS = (
    *(("text", "label"), ("text", "type"), ("entity", "type"), ("entity", "label"), ("name", "type")),
    *(("word", "label"), ("span", "label"), ("value", "type"), ("实体", "类型"), ("实体名称", "实体类型")),
    *(("文本", "标签"), ("entity_text", "entity_label"), ("entityText", "entityLabel"), ("Entity", "Type")),
    *(("mention", "type"), ("名称", "类别"), ("entity_name", "entity_type"), ("text", "entity_type")),
)
HEADERS = (
    *(("实体", "类型"), ("实体文本", "实体类型"), ("Entity", "Type"), ("名称", "标签"), ("文本", "类别")),
    *(("Text", "Label"), ("entity_text", "entity_label"), ("实体名称", "实体类别"), ("entity", "label")),
)
BULLETS = ("- ", "- ", "* ", "• ", "{}. ", "{}. ", "{}、", "({}) ", "{}) ")
SEPARATORS = ("、", "、", "、", "，", ", ", "；", "; ", " / ", " | ", " ## ")


class Page:
    """One answer that is being written: a sample, a source of chance, and the habits of this answer."""

    def __init__(self, sample: Sample, schema: LabelSchema, rng: random.Random, *, has_both: bool) -> None:
        self.sample = sample
        self.schema = schema
        self.rng = rng
        self.is_wide = rng.random() < 0.5
        self.colon = "：" if self.is_wide else rng.choice([":", ": "])
        self.has_remarks = rng.random() < 0.3
        self.has_bold = rng.random() < 0.25
        self.says_empty = rng.random() < 0.35
        self.names = _label_names(schema, rng, has_both=has_both)
        self.bullet = rng.choice(BULLETS)
        self.quotes = rng.choice(["“”", "“”", "「」", '""', "''", "``"])

    def chance(self, share: float) -> bool:
        """Tell with the probability ``share``."""
        return self.rng.random() < share

    def bold(self, words: str) -> str:
        """Set words in bold, where this answer does so."""
        return f"**{words}**" if self.has_bold else words

    def name(self, entity: Entity) -> str:
        """Give the label as this answer calls it."""
        return self.names[entity.label]

    def context(self, entity: Entity) -> str:
        """Give the words around an entity, in a line."""
        start, end = entity.span or (0, 0)
        return " ".join(self.sample.text[max(0, start - 4) : end + 4].split())

    def remark(self, entity: Entity) -> str:
        """Say why the value has this label."""
        return self.rng.choice(REMARKS).format(label=self.name(entity), context=self.context(entity))

    def tail(self, *marks: str) -> Callable[[Entity], str]:
        """Choose how remarks stand behind labels, if at all; ``{}`` in a mark is their place."""
        mark = self.rng.choice(marks) if self.has_remarks else ""
        return lambda entity: mark.format(self.remark(entity))

    def quoted(self, value: str) -> str:
        """Set a value in quotation marks that it does not hold itself."""
        free = [pair for pair in (self.quotes, "“”", "「」", '""', "``") if not set(pair) & set(value)]
        opening, closing = free[0] if free else self.quotes
        return f"{opening}{value}{closing}"

    def groups(self) -> dict[str, list[str]]:
        """Give values by label, in the order in which labels are first mentioned."""
        found: dict[str, list[str]] = {}
        for entity in self.sample.entities:
            found.setdefault(self.name(entity), []).append(entity.text)
        if self.says_empty or not found:
            for name in self.names.values():
                found.setdefault(name, [])
        return found

    def separator(self, values: Iterable[str], choice: Sequence[str] = SEPARATORS) -> str:
        """Choose what stands between values: nothing that stands in one of them."""
        joined = "".join(values)
        free = [one for one in choice if one.strip() not in joined]
        return self.rng.choice(free) if free else "\n"

    def numbered(self, lines: Iterable[str]) -> str:
        """Write a list."""
        return "\n".join(f"{self.bullet.format(n)}{line}" for n, line in enumerate(lines, 1))


def _label_names(schema: LabelSchema, rng: random.Random, *, has_both: bool) -> dict[str, str]:
    """Name every label in one manner: as asked, by its code, in English, by a synonym, or twice."""
    manner = rng.choice([*["answer"] * 4, *["code"] * 2, *["english"] * 2, "synonym", "synonym", "both"])
    pattern = rng.choice(["{0}({1})", "{0}（{1}）", "{1}（{0}）", "{0}/{1}"])
    case = rng.choice([str, str, str.lower, str.upper])
    names = {}
    for label in schema.labels:
        english = [name for name in label.synonyms if name.isascii()]
        name = {
            "answer": label.answer,
            "code": label.name,
            "english": case(english[0]) if english else label.name,
            "synonym": rng.choice([*label.synonyms, label.answer]),
            "both": pattern.format(label.answer, label.name) if has_both else label.answer,
        }[manner]
        names[label.name] = name if schema.from_variant(name) is label else label.answer
    return names


def _extras(page: Page, n: int) -> list[tuple[tuple[str, ...], Callable[[Entity], Any]]]:
    """Choose columns or keys besides value and label: names to choose from, and what an entity has there."""
    kinds: list[tuple[tuple[str, ...], Callable[[Entity], Any]]] = [
        (("start", "起始位置", "start_idx", "开始"), lambda e: e.start),
        (("score", "confidence", "置信度"), lambda e: page.rng.choice([0.9, 0.95, 0.99, 1.0])),
        (("explanation", "说明", "reason", "解释", "备注"), page.remark),
        (("evidence", "依据", "context", "原文", "上下文"), page.context),
    ]
    return page.rng.sample(kinds, n)


# Objects.


def _records(page: Page) -> list[dict[str, Any]]:
    """Give every entity as an object with the keys of this answer."""
    value_key, label_key = page.rng.choice(KEYS)
    extras = [(page.rng.choice(keys), of) for keys, of in _extras(page, page.rng.choice([0, 0, 0, 1, 2]))]
    records = []
    for entity in page.sample.entities:
        pairs = [(value_key, entity.text), (label_key, page.name(entity))]
        records.append(dict([*pairs, *((key, of(entity)) for key, of in extras)]))
    return records


def _json(page: Page, found: Any) -> str:
    indent = page.rng.choice([None, 2, 4])
    written = json.dumps(found, ensure_ascii=page.chance(0.05), indent=indent)
    return _fenced(page, written, "json")


def _fenced(page: Page, written: str, *languages: str) -> str:
    if not page.chance(0.35):
        return written
    return f"```{page.rng.choice([*languages, ''])}\n{written}\n```"


def python_dicts(page: Page) -> str:
    """Write ``[{'text': '王毅', 'label': '人名'}]``, or one a line."""
    records = _records(page)
    if page.chance(0.4) and records:
        return _fenced(page, "\n".join(map(repr, records)), "python")
    start = page.rng.choice(["", "", "entities = "])
    return _fenced(page, f"{start}{records!r}", "python")


def nested_json(page: Page) -> str:
    """Write ``{"entities": {"人名": ["王毅"]}}``."""
    root = page.rng.choice(["entities", "实体", "result", "data", "named_entities"])
    return _json(page, {root: page.groups()})


def entities_json(page: Page) -> str:
    """Write ``{"entities": [{"text": "王毅", "label": "人名"}]}``."""
    root = page.rng.choice(["entities", "entities", "实体", "results", "实体列表", "named_entities"])
    found: dict[str, Any] = {root: _records(page)}
    if page.chance(0.15):
        found = {page.rng.choice(["text", "sentence", "句子"]): page.sample.text, **found}
    return _json(page, found)


def grouped_json(page: Page) -> str:
    """Write ``{"人名": ["王毅"]}``, or an object for each label."""
    groups = page.groups()
    if page.chance(0.2):
        return "\n".join(json.dumps({name: values}, ensure_ascii=False) for name, values in groups.items())
    return _json(page, groups)


# Tags.


def xml_lines(page: Page) -> str:
    """Write ``<人名>王毅</人名>`` line by line."""
    kind, is_escaped = (
        page.rng.choice(["plain", "plain", "plain", "bullet", "attribute", "root"]),
        page.chance(0.5),
    )
    pattern = page.rng.choice(['<entity type="{0}">{1}</entity>', '<实体 类型="{0}">{1}</实体>'])
    lines = []
    for entity in page.sample.entities:
        value = escape(entity.text, quote=False) if is_escaped else entity.text
        tagged = "<{0}>{1}</{0}>" if kind != "attribute" else pattern
        lines.append(tagged.format(page.name(entity), value))
    if kind == "bullet":
        return page.numbered(lines)
    written = "\n".join(lines)
    return _fenced(page, f"<entities>\n{written}\n</entities>" if kind == "root" else written, "xml")


# Lines of one entity each.


def pairs(page: Page) -> str:
    """Write ``(王毅, 人名)``."""
    style = page.rng.choice(["bare", "bare", "bare", "wide", "quoted", "python", "square"])
    label_first = page.chance(0.15)
    written = []
    for entity in page.sample.entities:
        pair = [page.name(entity), entity.text] if label_first else [entity.text, page.name(entity)]
        if style in ("quoted", "python"):
            written.append(f"({', '.join(map(repr, pair))})")
        elif style == "wide":
            written.append(f"（{'，'.join(pair)}）")
        else:
            written.append(f"[{', '.join(pair)}]" if style == "square" else f"({', '.join(pair)})")
    if style == "python":
        return _fenced(page, f"[{', '.join(written)}]", "python")
    return page.numbered(written) if page.chance(0.2) else page.rng.choice(["\n", "\n", ", "]).join(written)


def arrows(page: Page) -> str:
    """Write ``王毅 -> 人名``."""
    arrow, label_first = page.rng.choice(["->", "→", "=>", "-->", "——>", "⇒"]), page.chance(0.25)
    tail = page.tail("（{}）", " ({})", "，{}", "：{}", " # {}")
    lines = []
    for entity in page.sample.entities:
        value, name = page.bold(entity.text), page.name(entity)
        lines.append(f"{name} {arrow} {value}" if label_first else f"{value} {arrow} {name}{tail(entity)}")
    return page.numbered(lines) if page.chance(0.4) else "\n".join(lines)


def labels_in_brackets(page: Page) -> str:
    """Write ``王毅（人名）``."""
    opening, closing = page.rng.choice(["（）", "（）", "()", "[]", "【】"])
    blank, tail = page.rng.choice(["", "", " "]), page.tail("：{}", ": {}", " - {}", "，{}")
    lines = [
        f"{page.bold(entity.text)}{blank}{opening}{page.name(entity)}{closing}{tail(entity)}"
        for entity in page.sample.entities
    ]
    if not page.has_remarks and page.chance(0.3):
        end = page.rng.choice(["", "。"])
        return (
            page.separator([e.text for e in page.sample.entities], ["、", "，", "；", ", "]).join(lines) + end
        )
    return page.numbered(lines) if page.chance(0.5) else "\n".join(lines)


def bullets(page: Page) -> str:
    """Write ``- 王毅：人名`` or ``- 人名：王毅``."""
    label_first, dash = page.chance(0.35), page.rng.choice([page.colon, page.colon, " - ", " — ", " – "])
    tail = page.tail("（{}）", " ({})", "，{}", " - {}")
    lines = []
    for entity in page.sample.entities:
        if label_first:
            lines.append(f"{page.bold(page.name(entity))}{page.colon}{entity.text}")
        else:
            lines.append(f"{page.bold(entity.text)}{dash}{page.name(entity)}{tail(entity)}")
    return page.numbered(lines)


def pipe_rows(page: Page) -> str:
    """Write ``1. 王毅 | True | 人名 | 说明``, and candidates that are no entities as ``False``."""
    true, false = page.rng.choice(
        [("True", "False"), ("True", "False"), ("true", "false"), ("是", "否"), ("Yes", "No")]
    )
    rows = [(e.start or 0, [e.text, true, page.name(e), page.remark(e)]) for e in page.sample.entities]
    for start, words in _candidates(page):
        reason = page.rng.choice(REASONS_AGAINST).format(label=next(iter(page.names.values())))
        rows.append((start, [words, false, page.rng.choice(["None", "无", "N/A", "-"]), reason]))
    lines = [
        " | ".join(cell.replace("|", "\\|") for cell in cells)
        for _, cells in sorted(rows, key=lambda r: r[0])
    ]
    return "\n".join(f"{n}. {line}" for n, line in enumerate(lines, 1))


def _candidates(page: Page) -> list[tuple[int, str]]:
    """Choose runs of the sentence that are no values of it."""
    text, values = page.sample.text, {entity.text for entity in page.sample.entities}
    found = []
    for _ in range(page.rng.choice([0, 1, 2, 3])):
        start = page.rng.randint(0, max(0, len(text) - 1))
        words = text[start : start + page.rng.randint(2, 4)]
        if words.isalnum() and not any(words in value or value in words for value in values):
            found.append((start, words))
    return found


# Tables.


def _columns(page: Page) -> tuple[list[str], list[list[str]]]:
    """Make a table of the entities: headers and rows."""
    value_head, label_head = page.rng.choice(HEADERS)
    columns: list[tuple[str, Callable[[Entity], Any]]] = [
        (value_head, lambda e: e.text),
        (label_head, page.name),
    ]
    if page.chance(0.2):
        columns.reverse()
    extras = _extras(page, page.rng.choice([0, 0, 1, 1, 2]))
    columns += [(page.rng.choice(names), of) for names, of in extras]
    heads = [head for head, _ in columns]
    return heads, [[str(of(entity)) for _, of in columns] for entity in page.sample.entities]


def _headless(page: Page) -> tuple[list[str], list[list[str]]]:
    rows = [[entity.text, page.name(entity)] for entity in page.sample.entities]
    if page.chance(0.3):
        spans = [entity.span or (0, 0) for entity in page.sample.entities]
        rows = [[*row, str(start), str(end)] for row, (start, end) in zip(rows, spans, strict=True)]
    return [], rows


def tsv(page: Page) -> str:
    """Write values and labels with tabulators between them."""
    heads, rows = _columns(page) if page.chance(0.5) else _headless(page)
    return _fenced(page, "\n".join("\t".join(cells) for cells in [heads, *rows] if cells), "tsv", "text")


def csv_rows(page: Page) -> str:
    """Write CSV as the module of the standard library does."""
    heads, rows = _columns(page) if page.chance(0.6) else _headless(page)
    buffer = io.StringIO()
    quoting = page.rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    csv.writer(buffer, quoting=quoting, lineterminator="\n").writerows(row for row in [heads, *rows] if row)
    return _fenced(page, buffer.getvalue().rstrip("\n"), "csv")


def markdown_table(page: Page) -> str:
    """Write a table of Markdown, with an index now and then."""
    heads, rows = _columns(page)
    rows = [[cell.replace("|", "\\|") for cell in row] for row in rows] or [["无"] * len(heads)]
    if page.has_bold:
        rows = [[f"**{row[0]}**", *row[1:]] for row in rows]
    if page.chance(0.2):
        heads = [page.rng.choice(["序号", "#", "No."]), *heads]
        rows = [[str(n), *row] for n, row in enumerate(rows, 1)]
    rule = [page.rng.choice(["---", ":---", "------", ":-:"])] * len(heads)
    pattern = page.rng.choice(["| {} |", "| {} |", "|{}|"])
    bar = " | " if " " in pattern else "|"
    return "\n".join(pattern.format(bar.join(cells)) for cells in [heads, rule, *rows])


# Groups of one label each.


def headings(page: Page) -> str:
    """Write ``### 人名`` with the values below it."""
    pattern = page.rng.choice(
        ["### {}", "## {}", "**{}**", "{}：", "{}:", "**{}：**", "#### {}：", "【{}】", "{n}. {}："]
    )
    blocks = []
    for n, (name, values) in enumerate(page.groups().items(), 1):
        head = pattern.format(name, n=n)
        body = page.numbered(page.bold(value) for value in values) if values else page.rng.choice(NO_VALUES)
        if pattern.startswith("{n}"):
            body = "\n".join(f"   - {value}" for value in values) if values else "   - 无"
        blocks.append(f"{head}\n{body}")
    return page.rng.choice(["\n", "\n\n"]).join(blocks)


def label_lists(page: Page) -> str:
    """Write ``人名：王毅、朔尔茨``."""
    groups = page.groups()
    separator = page.separator(value for values in groups.values() for value in values)
    has_quotes = separator == "\n" or page.chance(0.15)
    lines = []
    for name, values in groups.items():
        shown = [page.quoted(value) if has_quotes else value for value in values]
        joined = (", " if separator == "\n" else separator).join(shown) or page.rng.choice(NO_VALUES)
        lines.append(f"{page.bold(name)}{page.colon}{joined}")
    if page.chance(0.3):
        return page.numbered(lines)
    return page.rng.choice(["\n", "\n", "\n\n"]).join(lines)


def yaml_lists(page: Page) -> str:
    """Write YAML: lists by label, or a list of maps."""
    found: Any = _records(page) if page.chance(0.4) and page.sample.entities else page.groups()
    if page.chance(0.3):
        found = {page.rng.choice(["entities", "实体", "result"]): found}
    is_flow = page.rng.choice([False, False, None])
    written = yaml.safe_dump(
        found, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=is_flow, indent=2
    )
    return _fenced(page, written.rstrip("\n"), "yaml", "yml")


def enumerations(page: Page) -> str:
    """Write ``王毅、朔尔茨（人名）；外交部（组织）``."""
    opening, closing = page.rng.choice(["（）", "（）", "()", "【】"])
    groups = {name: values for name, values in page.groups().items() if values}
    has_quotes = any("、" in value for values in groups.values() for value in values) or page.chance(0.1)
    lists = []
    for name, values in groups.items():
        shown = [page.quoted(value) if has_quotes else value for value in values]
        lists.append(f"{'、'.join(shown)}{opening}{name}{closing}")
    return page.rng.choice(["；", "；", "\n", "; "]).join(lists) + page.rng.choice(["", "。"])


def prose(page: Page) -> str:
    """Write sentences, Chinese or English, of an entity or of a label."""
    kind = page.rng.choice(
        [_chinese_clauses, _chinese_clauses, _chinese_groups, _english_clauses, _english_groups]
    )
    return kind(page)


def _chinese_clauses(page: Page) -> str:
    pattern = page.rng.choice(
        ["{}是{}", "{}属于{}", "{}是{}类实体", "{}的类型是{}", "{}被识别为{}", "{}为{}"]
    )
    clauses = [pattern.format(page.quoted(e.text), page.name(e)) for e in page.sample.entities]
    return page.rng.choice(["，", "；", "。\n", "。"]).join(clauses) + "。"


def _chinese_groups(page: Page) -> str:
    pattern = page.rng.choice(["{}有{}", "{}包括{}", "{}类实体有{}", "属于{}的有{}", "{}：{}"])
    groups = {name: values for name, values in page.groups().items() if values}
    clauses = []
    for name, values in groups.items():
        shown = [page.quoted(value) for value in values]
        joined = "、".join(shown) if len(shown) != 2 else page.rng.choice(["和", "、", "与"]).join(shown)
        clauses.append(pattern.format(name, joined))
    start = page.rng.choice(["", "句子中，", "这句话里，"])
    return start + page.rng.choice(["；", "，", "。"]).join(clauses) + "。"


def _english_clauses(page: Page) -> str:
    pattern = page.rng.choice(
        ["{} is a {}", "{} is an entity of type {}", "{} refers to a {}", "{} is labeled as {}"]
    )
    clauses = [pattern.format(page.quoted(e.text), page.name(e)) for e in page.sample.entities]
    return page.rng.choice([". ", ".\n", "; ", ", and "]).join(clauses) + "."


def _english_groups(page: Page) -> str:
    pattern = page.rng.choice(["The {} entities are {}", "{}: {}", "{} entities include {}"])
    groups = {name: values for name, values in page.groups().items() if values}
    clauses = []
    for name, values in groups.items():
        *first, last = [page.quoted(value) for value in values]
        clauses.append(pattern.format(name, f"{', '.join(first)} and {last}" if first else last))
    return page.rng.choice([". ", ".\n", "; "]).join(clauses) + "."


class Layout(NamedTuple):
    """A way to write the entities of a sample."""

    write: Callable[[Page], str]
    keeps_order: bool = False
    """Whether entities are named in the order of the sentence; else only label and value are read back."""
    has_both: bool = True
    """Whether a label may be written as ``人名（PER）``."""
    says_nothing: bool = False
    """Whether it has a form of its own for a sentence without entities."""


LAYOUTS = {
    "pairs": Layout(pairs, keeps_order=True, has_both=False),
    "python_dicts": Layout(python_dicts, keeps_order=True, says_nothing=True),
    "nested_json": Layout(nested_json, says_nothing=True),
    "entities_json": Layout(entities_json, keeps_order=True, says_nothing=True),
    "grouped_json": Layout(grouped_json, says_nothing=True),
    "xml_lines": Layout(xml_lines, keeps_order=True, has_both=False),
    "arrows": Layout(arrows, keeps_order=True),
    "tsv": Layout(tsv, keeps_order=True),
    "csv": Layout(csv_rows, keeps_order=True),
    "labels_in_brackets": Layout(labels_in_brackets, keeps_order=True, has_both=False),
    "bullets": Layout(bullets, keeps_order=True),
    "headings": Layout(headings, says_nothing=True),
    "label_lists": Layout(label_lists, says_nothing=True),
    "yaml": Layout(yaml_lists, says_nothing=True),
    "enumerations": Layout(enumerations, has_both=False),
    "markdown_table": Layout(markdown_table, keeps_order=True, says_nothing=True),
    "pipe_rows": Layout(pipe_rows, keeps_order=True),
    "prose": Layout(prose, has_both=False),
}


def write(name: str, sample: Sample, schema: LabelSchema) -> str:
    """Write the answer to a sample in a layout; the same one each time."""
    rng = random.Random(f"{name} {sample.id}")
    layout = LAYOUTS[name]
    page = Page(sample, schema, rng, has_both=layout.has_both)
    if sample.entities or layout.says_nothing:
        written = layout.write(page)
    else:
        written = (layout.write(page) if name == "pipe_rows" else "") or rng.choice(NOTHING)
    if rng.random() < 0.35:
        written = rng.choice(INTROS).format(text=sample.text) + rng.choice(["\n", "\n\n"]) + written
    if rng.random() < 0.2 and sample.entities:
        written += rng.choice(["\n", "\n\n"]) + rng.choice(CLOSINGS).format(n=len(sample.entities))
    return written


class Verdict(NamedTuple):
    """How an answer was read."""

    kind: str
    """``equal``; ``named``: not equal, and problems name what is missing; ``silent``: neither."""
    answer: str
    read: Answer
    missing: list[tuple[Any, ...]]
    surplus: list[tuple[Any, ...]]


_DOUBTS = {ProblemKind.AMBIGUOUS_LIST, ProblemKind.NOT_IN_TEXT}


def judge(name: str, sample: Sample, schema: LabelSchema, asked: str = "json") -> Verdict:
    """Write a sample in a layout, read it as an answer in the format ``asked``, and compare."""
    answer = write(name, sample, schema)
    read = load_format(asked).decode(answer, sample.text, schema)
    keeps_order = LAYOUTS[name].keeps_order
    gold = _plain(sample, schema) if keeps_order else sample.entities
    want = Counter(_key(entity, keeps_order) for entity in gold)
    found = Counter(_key(entity, keeps_order) for entity in read.entities)
    missing, surplus = list((want - found).elements()), list((found - want).elements())
    is_complete = ScoredSample(sample, answer, read).is_complete
    is_equal = not missing and not surplus and is_complete
    if not sample.entities:
        is_equal = is_equal and read.outcome is Outcome.EMPTY
    kind = "equal" if is_equal else "named" if _names(read, missing) else "silent"
    return Verdict(kind, answer, read, missing, surplus)


def _key(entity: Entity, keeps_order: bool) -> tuple[Any, ...]:
    return (entity.label, entity.text, entity.start) if keeps_order else (entity.label, entity.text)


def _plain(sample: Sample, schema: LabelSchema) -> tuple[Entity, ...]:
    """Give the entities as lines of JSON tell them: they do not say which mention of a value is meant."""
    asked = load_format("json")
    return asked.decode(asked.encode(sample, schema), sample.text, schema).entities


def _names(read: Answer, missing: list[tuple[Any, ...]]) -> bool:
    """Tell whether losing or doubtful problems name every missing value, and that there is one at all."""
    told = [problem for problem in read.problems if problem.kind.loses or problem.kind in _DOUBTS]
    details = " ".join("".join(problem.detail.split()) for problem in told)
    is_doubtful = bool(told) or Grounding.AMBIGUOUS in read.groundings
    return is_doubtful and all("".join(value.split())[:20] in details for _, value, *_ in missing)


def choose_samples(name: str, n: int, n_empty: int) -> list[Sample]:
    """Choose real samples of a task: the first with entities, and the first without."""
    samples = real_samples(load_task(name), 10_000)
    named = [sample for sample in samples if sample.entities][:n]
    return named + [sample for sample in samples if not sample.entities][:n_empty]


def main() -> None:
    """Print how each layout is read, and the first answers that are not read as they were written."""
    import argparse

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=500, help="samples with entities of each corpus")
    parser.add_argument("--layout", choices=LAYOUTS, action="append", help="default: every layout")
    parser.add_argument("--asked", default="json", help="the answer format that was asked for")
    parser.add_argument("--show", type=int, default=0, help="wrong answers to show of each layout")
    options = parser.parse_args()
    print(f"{'layout':20}{'task':9}{'equal':>7}{'named':>7}{'silent':>7}")
    for task in ("ccfbdci", "cmeee"):
        samples, schema = choose_samples(task, options.n, options.n // 8), load_task(task).schema
        for name in options.layout or LAYOUTS:
            verdicts = [judge(name, sample, schema, options.asked) for sample in samples]
            counts = Counter(verdict.kind for verdict in verdicts)
            print(f"{name:20}{task:9}" + "".join(f"{counts[k]:7}" for k in ("equal", "named", "silent")))
            wrong = [verdict for verdict in verdicts if verdict.kind != "equal"]
            for verdict in sorted(wrong, key=lambda v: v.kind, reverse=True)[: options.show]:
                _show(verdict)


def _show(verdict: Verdict) -> None:
    print(f"--- {verdict.kind}\n{verdict.answer}")
    print(f"missing {verdict.missing} surplus {verdict.surplus}")
    print(verdict.read.outcome, *(f"{p.kind}: {p.detail}" for p in verdict.read.problems), sep="\n  ")


if __name__ == "__main__":
    main()
