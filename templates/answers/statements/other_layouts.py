"""Read entities out of an answer that keeps to none of the formats: lists, tables, sentences about them."""

import re
from functools import cache

from nerforge.templates.answers.evidence import Evidence
from nerforge.templates.answers.layouts.fields import read_fields
from nerforge.templates.answers.statements.json_statements import StatedEntities, split_list
from nerforge.templates.answers.statements.saying_nothing import is_nothing, is_placeholder
from nerforge.templates.domain import Label, LabelSchema, Problem, ProblemKind
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.statements import Statement, excerpt

_MAX_LENGTH = 20_000
"""Characters of an answer that are read so."""
_MAX_LINE = 1_000
_MAX_UNSAID = 20
"""Characters of a value that is read though the sentence does not say it."""
_FRAME = " \t\"'“”‘’`*_|「」『』"
# "1. ", "2、", "- ", "（3）", "> "
_BULLET = re.compile(r"\s{0,20}(?:[-*•·●▪>#]{1,6}|\d{1,3}\s{0,2}[.、)）:：]|[（(]\d{1,3}[)）])\s{0,8}")
# "(肺炎, 疾病)" and "[疾病|肺炎]"; which of the two is the label is asked of the schema.
_PAIR = re.compile(
    r"[(（\[]\s{0,3}([^()（）\[\],，|]{1,200}?)\s{0,3}[,，|]\s{0,3}([^()（）\[\],，|]{1,40}?)\s{0,3}[)）\]]"
)
_REMARK = re.compile(r"[(（][^()（）]{0,60}[)）]")
_QUOTED = re.compile(r"[\"“‘「『]([^\"“”‘’「」『』\n]{1,200})[\"”’」』]")
_BOLD = re.compile(r"\*\*[^*\n]{1,60}\*\*")
_LIST = re.compile(r"\s{0,3}(?:[、,，;；/]|和|及|以及|与|\s)\s{0,3}")
_SENTENCE = re.compile(r"[。；;\n]")
# What links a value to the label behind it: "发热（临床表现）", "发热 -> 临床表现", "“发热”是临床表现".
_TO = r"\s{0,3}(?:[(（\[【<《:：=/|]|->|=>|→|——|--|\s-\s|是|为|属于|标注为|标为|\bis\b|\s)\s{0,3}[\"“'「]?"


def read_lines(body: str, text: str, schema: LabelSchema) -> StatedEntities:
    """Read words that name labels and entities, such as ``临床表现：发热、咳嗽`` and ``发热（临床表现）``.

    Where they leave open what is an entity, the sentence decides: it must say it.
    """
    reader = _Reader(text, schema)
    reader.read_all(body[:_MAX_LENGTH])
    if reader.read.statements:
        reader.read.problems.insert(0, Problem(ProblemKind.OTHER_FORMAT, excerpt(body)))
    return reader.read


def unread_marks(body: str, text: str, schema: LabelSchema) -> list[str]:
    """List what marks an entity in a copy of the sentence, but leaves open where it begins or what it is."""
    marks = [found[0] for found in _in_brackets(schema).finditer(body[:_MAX_LENGTH]) if found[0] not in text]
    return marks + [found[0] for found in _BOLD.finditer(body[:_MAX_LENGTH]) if found[0] not in text]


def _is_annotated_copy(words: str, folded: str, schema: LabelSchema) -> bool:
    """Tell whether words repeat the sentence with labels in them; then nothing says where entities begin."""
    found = list(_in_brackets(schema).finditer(words))
    runs_on = any(words[m.end() : m.end() + 1].isalnum() for m in found)
    return runs_on and fold(_in_brackets(schema).sub("", words)[:_MAX_UNSAID]) in folded


@cache
def _in_brackets(schema: LabelSchema) -> re.Pattern[str]:
    names = _names(schema)
    return re.compile(rf"\s{{0,3}}[(（\[【/]\s{{0,3}}{names}(?:\s{{0,3}}[)）\]】]|(?=\s|$))", re.IGNORECASE)


@cache
def _names(schema: LabelSchema) -> str:
    """Match any name of any label, the longest first, perhaps with 实体 behind it."""
    names = {name for label in schema.labels for name in (label.name, label.answer, *label.synonyms)}
    # An ASCII name must stand alone: "dis" is not in "disease". Chinese words have no such bounds.
    words = (rf"(?<![A-Za-z]){re.escape(n)}(?![A-Za-z])" if n.isascii() else re.escape(n) for n in names)
    return "(" + "|".join(sorted(words, key=len, reverse=True)) + ")(?:类?实体|类型|类)?"


@cache
def _heading(schema: LabelSchema) -> re.Pattern[str]:
    return re.compile(
        rf"(?:^|(?<=[\s,，;；。|、*]))[*\"“【\[]{{0,3}}{_names(schema)}[*\"”】\]]{{0,3}}\s{{0,3}}[:：=]",
        re.IGNORECASE,
    )


@cache
def _behind(schema: LabelSchema) -> re.Pattern[str]:
    return re.compile(
        rf"{_TO}{_names(schema)}[\"”'」]?[)）\]】>》]?(?=$|[\s,，;；。、.!！)|])", re.IGNORECASE
    )


class _Reader:
    def __init__(self, text: str, schema: LabelSchema) -> None:
        self.text = text
        self.folded = fold(text)
        self.schema = schema
        self.read = StatedEntities()
        self.heading: Label | None = None

    def read_all(self, body: str) -> None:
        """Read fields with names, else line by line."""
        fields = read_fields(body, Evidence(self.text, self.schema))
        if fields.statements:
            self.read.statements, self.read.problems = fields.statements, fields.problems
            return
        for line in body.split("\n"):
            if len(line) <= _MAX_LINE:
                self._line(line)

    def _line(self, line: str) -> None:
        bullet = _BULLET.match(line)
        words = (line[bullet.end() :] if bullet else line).strip(" \t`_|")
        if not words:
            return
        # "临床表现：" on a line of its own heads the list items below it.
        alone = self.schema.named(re.sub("(?:类?实体|类型|类)?[:：]?$", "", words).strip(_FRAME))
        if alone is not None and fold(words) not in self.folded:
            self.heading = alone
        elif line.count("|") >= 2:
            self._cells([cell.strip(_FRAME) for cell in line.strip().strip("|").split("|")])
        elif not (self._headed(words) or self._pairs(words) or self._labels_behind(words)):
            self._rest(words, is_item=bullet is not None)

    def _rest(self, words: str, *, is_item: bool) -> None:
        cells = [cell.strip(_FRAME) for cell in re.split("[,，\t]", words)]
        if self.heading is not None and is_item:
            self._values(self.heading, words)
        elif 2 <= len(cells) <= 3 and any(self.schema.named(cell) for cell in cells):
            self._cells(cells)
        # "药物：发热" below a line that was understood names an unknown label; alone it may be any prose.
        elif self.read.statements and (unknown := re.match(r"([^:：\s]{1,8})[:：](.+)", words)):
            if fold(unknown[2].strip(_FRAME)) in self.folded:
                self.read.problems.append(Problem(ProblemKind.UNKNOWN_LABEL, unknown[1]))

    def _cells(self, cells: list[str]) -> None:
        """Read a row of a table: the cell that is a label, and the entity beside it."""
        label = next((found for cell in cells if (found := self.schema.named(cell))), None)
        others = [c for c in cells if c and not c.isdecimal() and self.schema.named(c) is None]
        if label is not None and others:
            said = [cell for cell in others if fold(cell) in self.folded]
            self._values(label, (said or others)[0])

    def _headed(self, words: str) -> bool:
        """Read ``label：values`` once or several times."""
        headings = list(_heading(self.schema).finditer(words))
        if not headings or words[: headings[0].start()].strip(_FRAME):
            return False
        ends = [*(heading.start() for heading in headings[1:]), len(words)]
        for heading, end in zip(headings, ends, strict=True):
            label = self.schema.named(heading[1])
            if label is not None:
                self._values(label, words[heading.end() : end].strip(" \t,，;；。|、"))
        return True

    def _values(self, label: Label, values: str) -> None:
        values = values.strip(_FRAME)
        if not values or is_nothing(values, self.text):
            self.read.says_nothing = True
            return
        for value in self._split(values):
            self._state(label, value, must_be_said=False)

    def _split(self, values: str) -> list[str]:
        if quoted := _QUOTED.findall(values):
            return list(quoted)
        pieces = [piece for part in re.split("[、,，;；|]", values) if (piece := part.strip(_FRAME))]
        # "2,5-二酮" is one value with a comma in it, "发热、咳嗽" two, though the sentence says both.
        if self._is_said(values) and not self._is_list(pieces):
            return [values]
        plain = _REMARK.sub("", values)
        if plain and plain != values and self._is_said(plain):
            return [plain]
        # "肺炎（肺部感染）" is 肺炎 with a remark, unless the sentence has these brackets too.
        whole = (piece if self._is_said(piece) else _REMARK.sub("", piece) for piece in pieces)
        return [word for piece in whole for word in self._split_at_spaces(piece) if word]

    def _is_said(self, value: str) -> bool:
        return fold(value) in self.folded

    def _is_list(self, pieces: list[str]) -> bool:
        """Tell a list of values from one with a mark in it: 发热、咳嗽 of the sentence, but not 2,5-二酮."""
        return len(pieces) > 1 and all(len(piece) > 1 and self._is_said(piece) for piece in pieces)

    def _split_at_spaces(self, piece: str) -> list[str]:
        words = piece.split()
        is_list = len(words) > 1 and not self._is_said(piece) and all(map(self._is_said, words))
        return words if is_list else [piece]

    def _pairs(self, words: str) -> bool:
        """Read ``(entity, label)`` pairs."""
        n_before = len(self.read.statements)
        for found in _PAIR.finditer(words):
            for name, value in ((found[2], found[1]), (found[1], found[2])):
                if label := self.schema.named(name):
                    self._state(label, value, must_be_said=False)
                    break
        return len(self.read.statements) > n_before

    def _labels_behind(self, words: str) -> bool:
        """Read entities with their label behind them: ``发热（临床表现）``, ``“发热”是临床表现``."""
        n_before = len(self.read.statements)
        if _is_annotated_copy(words, self.folded, self.schema):
            return False
        for sentence in _SENTENCE.split(words):
            cursor = 0
            for found in _behind(self.schema).finditer(sentence):
                label = self.schema.named(found[1])
                if label is not None:
                    self._before(label, sentence[cursor : found.start()])
                cursor = found.end()
        return len(self.read.statements) > n_before

    def _before(self, label: Label, words: str) -> None:
        if quoted := _QUOTED.findall(words):
            values = list(quoted)
        elif bold := _BOLD.findall(words):
            values = [bold[-1].strip("*")]
        else:
            # Of "其中包含：发热" only what follows the colon is meant.
            last = re.split("[:：]", words)[-1].strip(_FRAME + ",，、;；")
            last = last.strip(")）]】")
            if " " in last and " " not in self.text and len(last.split()[-1]) > 1:
                last = last.split()[-1]
            values = [last] if fold(last) in self.folded else [v.strip(_FRAME) for v in _LIST.split(last)]
        for value in values:
            self._state(label, value, must_be_said=len(values) > 1 or len(value) > _MAX_UNSAID)

    def _state(self, label: Label, value: str, *, must_be_said: bool) -> None:
        value = value.strip(_FRAME)
        is_said = bool(value) and fold(value) in self.folded
        if not value or is_placeholder(value, self.text) or is_nothing(value, self.text):
            return
        is_word = len(value) <= _MAX_UNSAID and not any(mark in value for mark in "<>[]{}|")
        if is_said or (is_word and not must_be_said):
            self.read.statements += [Statement(label, piece) for piece in split_list(value, self.text)]
        else:
            self.read.problems.append(Problem(ProblemKind.BAD_OBJECT, excerpt(value)))
