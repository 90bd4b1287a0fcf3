"""Answers mutated at random or made to be slow: ``python -m tests.fuzz_answers --n 200000 --seed 0``.

``--linear`` measures the slow ones instead. Times are processor times, so that a busy machine does not count.
"""

import argparse
import gc
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

# What answers import when they are first mended is no part of their time.
import rapidfuzz.distance  # noqa: F401

from nerforge.templates.answers import FORMATS, CannotEncodeError
from nerforge.templates.domain import (
    Answer,
    Entity,
    Grounding,
    LabelSchema,
    Outcome,
    PartKind,
    ProblemKind,
    Sample,
)
from nerforge.templates.mentions.folding import whole_characters
from nerforge.templates.tasks import load_task
from tests.templates.answers.layout_writers import LAYOUTS, write

FLAT = load_task("ccfbdci").schema
NESTED = load_task("cmeee").schema
POWER = load_task("power").schema

MAX_FAULTS = 50
BASE_SECONDS = 0.05
SECONDS_PER_CHARACTER = 200e-6
"""An answer may take this long: ``BASE_SECONDS`` and this for each of its characters."""
LINEAR_SIZE = 50_000
LINEAR_SECONDS = SECONDS_PER_CHARACTER * LINEAR_SIZE
"""An answer of ``LINEAR_SIZE`` characters may take this long, and so may one about a page."""
PAGE_SIZE = 10_000
"""Characters of a text that is much longer than a sentence."""

WORDS = "上海 北京 王海 太湖 东风机械厂 高热 肺炎 肺 头孢曲松 CRP IL-6 天津 上".split()
FILLERS = [
    *["在", "，", "。", "和", " ", "两天后", "3月", "（", "）", "P<0.05", "&lt;"],
    *['"', "\n", "[1]", "😀", "\\", "|"],
]
PIECES = [
    *["{", "}", "[", "]", "(", ")", '"', "'", ":", ",", ";", "\\", '\\"', "\\n", "\\u", "\\ud83d", "/*"],
    *["*/", "//", "#", "｛", "｝", "【", "】", "［", "］", "“", "”", "＂", "：", "，", "｜"],
    *["、", "＜", "＞", "〈", "〉", "|", "<", ">", "</", "/>", "<疾病>", "</疾病>", "<身体>", "</身体>"],
    *["<地点>", "</地点>", "<City>", "</City>", "<Company>", "</Company>", "<dis>", "<疾病/>", "< 疾病 >"],
    *['<疾病 id="1">', "<\\疾病>", "&lt;疾病&gt;", "&lt;/疾病&gt;", "&amp;", "&#60;", "<x>", "[肺炎|疾病]"],
    *["[[肺|身体]炎|疾病]", "|疾病]", "[肺炎|", "[1]", "【肺炎｜疾病】", "```", "```json\n", "\n```\n"],
    *["~~~", "<think>", "</think>", "<think>\n\n</think>", "<|im_end|>", "</s>", "[/INST]"],
    *["<|endoftext|>", "<|im_start|>assistant\n", "<s>"],
    *["好的，结果如下：\n", "Here are the entities:\n", "- ", "1. "],
    *["没有找到任何实体", "没有", "无", "[]", "{}", "null", "None", "No entities found", '{"entities": ['],
    *['{"entity_text": "', '", "entity_label": "', '"entity_label": ', '"entity_text": '],
    *[', "occurrence": 2}', "疾病", "LOC", '{"entity_text": "肺炎", "entity_label": "疾病"}'],
    *['{"text": "上海", "label": "GPE"}', '{"疾病": ["肺炎"]}', "Location", "\ud83d", "\udc00", "\x00"],
    *["\x07", "\x1b", "\x7f", "\x85", "\u2028", "\u200b", "\ufeff", "\u202e", "\u3000", "\u0301", "\n"],
    *["\r\n", "\t", "  ", "😀", "𠮷", "é", "ﬁ", "ß", "İ", "㎏", "１２", "㈱", "\U0010ffff", "NaN", "1e999"],
    *[
        "### 人名\n",
        "**疾病**：\n",
        "### 职务\n",
        "1. 肺炎 | True | 疾病 | 说明\n",
        "2. 三天 | False | None | 不是实体\n",
    ],
    *[
        "| 实体 | 类型 |\n|---|---|\n",
        "| 肺炎 | 疾病 |\n",
        "| 三天 | 时间 |\n",
        " -> ",
        " → 疾病\n",
        "肺炎 -> ",
        "（疾病）",
    ],
    *[
        "(肺炎, 疾病)",
        "- 肺炎：疾病\n",
        "疾病：肺炎、高热\n",
        "地点：无\n",
        "- PER: []\n",
        "职务",
        "Event",
        '"label": "时间"',
    ],
    *[
        "抱歉，我无法回答。",
        "I cannot help with that.",
        "没有地点。",
        "“肺炎”是疾病。",
        "不是实体",
        "更正：\n",
        "```yaml\n",
    ],
    *[
        "疾病:\n  - 肺炎\n",
        '<entity type="疾病">肺炎</entity>',
        "肺炎\t疾病\n",
        '"肺炎","疾病"\n',
        "肺炎[dis]",
        "<br>",
    ],
    *["-", "true", "9" * 5_000, "[" * 2_000, '{"a":' * 2_000, "<疾病>" * 500, "[肺" * 1_000],
]

ADVERSARIAL: dict[str, Callable[[int], str]] = {}
"""Kinds of answers that invite quadratic time, each by the number of its characters."""


def _repeated(**units: str) -> None:
    for name, unit in units.items():
        ADVERSARIAL[name] = lambda n, unit=unit: unit * (n // len(unit))


_repeated(
    braces="{",
    braces_and_quotes='{"',
    brackets_and_braces="[{",
    brackets="[",
    closing_braces="}",
    closed_objects="{}",
    quotes='"',
    single_quotes="'",
    backslashes="\\",
    escaped_quotes='\\"',
    full_width_braces="｛",
    full_width_quotes="“",
    colons=":",
    commas=",",
    nothing="没有",
    open_objects='{"entity_text": "发热", ',
    objects_without_a_label='{"entity_text": "发热"}',
    lines='{"entity_text": "发热", "entity_label": "临床表现"}\n',
    lines_in_single_quotes="{'entity_text': '发热', 'entity_label': '临床表现'}\n",
    glued_objects='{"entity_text": "发热", "entity_label": "临床表现"}',
    objects_of_many_keys='"entity_text": "发热", "entity_label": "临床表现", ',
    unclosed_values='{"entity_text": "发热',
    unknown_labels='{"entity_text": "发热", "entity_label": "别的"}\n',
    hallucinated='{"entity_text": "从未提到的某个地方", "entity_label": "疾病"}\n',
    counted='{"entity_text": "发热", "entity_label": "临床表现", "occurrence": 7}\n',
    groups='{"疾病": ["发热"]}',
    list_of_values='"发热", ',
    pairs='["发热", "疾病"], ',
    comments="/* ",
    slashes="//",
    opening_tags="<疾病>",
    closing_tags="</疾病>",
    pairs_of_tags="<疾病>发热</疾病>",
    crossing_tags="<疾病><身体></疾病></身体>",
    unknown_tags="<别的>",
    tags_with_attributes='<疾病 id="',
    angles="<",
    escaped_tags="&lt;疾病&gt;",
    ampersands="&amp;",
    full_width_tags="＜疾病＞",
    open_mentions="[发热",
    mentions="[发热|临床表现]",
    ends_of_mentions="]|",
    links="[发热](临床表现)",
    labels_first="[临床表现: 发热]",
    labels_behind="[发热]临床表现",
    braced_mentions="{发热|临床表现}",
    mentions_in_round_brackets="((发热:临床表现))",
    open_round_brackets="((",
    bracketed_tags="[疾病]发热[/疾病]",
    open_bracketed_tags="[疾病]",
    values_in_tags="<疾病: 发热>",
    values_in_attributes='<疾病 text="发热"/>',
    carriers='<entity type="疾病">发热</entity>',
    unknown_carriers='<entity type="',
    bold_words="**发热**(疾病)",
    marked_words="@@发热##",
    emphasis="<b>发热</b>",
    open_emphasis="<b>",
    frames="<li>发热</li>",
    mixed_tags="<疾病>[发热|临床表现]</疾病>",
    attributes="<疾病 " + "a=" * 50,
    unknown_mentions="[发热|别的]",
    nothings="<疾病>无</疾病>",
    bars="|",
    thinking="<think>",
    thought="</think>",
    fences="```json\n",
    backticks="`",
    tokens="<|im_end|>",
    chatter="好的，我来看看这句话里有什么。\n",
    english_chatter="Let me think about this sentence. ",
    spaces=" ",
    newlines="\n",
    zero_width="\u200b",
    sentence="患者发热三天，后咳嗽，再发热",
    one_character="热",
    arrows="发热 -> 临床表现\n",
    bullets="- 发热：临床表现\n",
    headings="### 临床表现\n- 发热\n",
    unknown_headings="### 职务\n- 发热\n",
    label_lists="临床表现：发热、咳嗽\n",
    one_list="发热、",
    enumerations="发热、咳嗽（临床表现）；",
    open_brackets_of_labels="发热（",
    rows_with_true="1. 发热 | True | 临床表现 | 说明\n",
    rows_with_false="2. 三天 | False | None | 不是实体\n",
    rows_of_a_table="| 发热 | 临床表现 | 说明 |\n",
    rows_of_csv="发热,临床表现\n",
    rows_of_tsv="发热\t临床表现\n",
    prose="“发热”是临床表现，",
    english_prose='"发热" is a Symptom, and ',
    yaml_maps="- text: 发热\n  label: 临床表现\n",
    fields="实体：发热\n类型：临床表现\n\n",
    negations="没有疾病。",
    label_words="临床表现",
    label_words_and_colons="临床表现：",
    tags_with_types='<entity type="临床表现">发热</entity>\n',
    html="<li>发热：临床表现</li>\n",
    marks="发热[sym]",
    sentences_of_others="患者李某来院复查。\n",
    surrogates="\ud83d",
    combining="e\u0301",
)
ADVERSARIAL["long_string"] = lambda n: f'{{"entity_text": "{"热" * (n - 50)}", "entity_label": "疾病"}}'
ADVERSARIAL["long_label"] = lambda n: f'{{"entity_text": "发热", "entity_label": "{"病" * (n - 50)}"}}'
ADVERSARIAL["long_tag"] = lambda n: f"<疾病>{'热' * (n - 9)}</疾病>"
ADVERSARIAL["long_mention"] = lambda n: f"[{'热' * (n - 5)}|疾病]"
ADVERSARIAL["long_escape"] = lambda n: json.dumps("肺" * (n // 6))
ADVERSARIAL["deep_arrays"] = lambda n: "[" * (n // 2) + "]" * (n // 2)
ADVERSARIAL["deep_objects"] = lambda n: '{"a":' * (n // 6) + "1" + "}" * (n // 6)
ADVERSARIAL["escaped_deep_objects"] = lambda n: '"' + '{\\"a\\":' * (n // 7)
ADVERSARIAL["deep_tags"] = lambda n: "<疾病>" * (n // 9) + "热" + "</疾病>" * (n // 9)
ADVERSARIAL["mention_among_open_ones"] = lambda n: "[肺" * (n // 4) + "[发热|临床表现]" + "[肺" * (n // 4)
ADVERSARIAL["deep_mentions"] = lambda n: "[" * (n // 5) + "热" + "|疾病]" * (n // 5)
ADVERSARIAL["opened_then_closed_otherwise"] = lambda n: "<疾病>" * (n // 9) + "</身体>" * (n // 9)
ADVERSARIAL["digits"] = lambda n: f'{{"occurrence": {"9" * (n - 16)}}}'
ADVERSARIAL["encoded_twice"] = lambda n: json.dumps(ADVERSARIAL["lines"](n * 2 // 3), ensure_ascii=False)
ADVERSARIAL["line_behind_a_long_thought"] = lambda n: (
    "<think>" + "想" * n + '</think>{"entity_text": "发热", "entity_label": "临床表现"}'
)
ADVERSARIAL["distinct_values"] = lambda n: "".join(
    f'{{"entity_text": "第{i}号从未提到的地方", "entity_label": "疾病"}}\n' for i in range(n // 55)
)
ADVERSARIAL["long_heading"] = lambda n: f"### {'病' * (n - 20)}\n- 发热\n"
ADVERSARIAL["long_list"] = lambda n: "临床表现：" + "发热、" * (n // 3)
ADVERSARIAL["long_cell"] = lambda n: f"| 实体 | 类型 |\n|---|---|\n| {'热' * (n - 40)} | 临床表现 |"
ADVERSARIAL["blanks_behind_a_bar"] = lambda n: f"投|{' ' * 300}某\n" * (n // 304)
ADVERSARIAL["blanks_behind_a_name"] = lambda n: f"职务{' ' * 300}某\n" * (n // 304)
ADVERSARIAL["blanks_between_signs"] = lambda n: (
    f"发热{' ' * 100}（{' ' * 100}临床{' ' * 100}某\n" * (n // 307)
)
ADVERSARIAL["wide_row"] = lambda n: "| 发热 " * (n // 5)
ADVERSARIAL["list_behind_a_heading"] = lambda n: "临床表现：\n" + "- 发热\n" * (n // 5)
ADVERSARIAL["objects_in_lines_of_a_list"] = lambda n: "".join(
    f'{i}. {{"entity_text": "发热", "entity_label": "临床表现"}}\n' for i in range(n // 55)
)
ADVERSARIAL["random_words"] = lambda n: "".join(
    random.Random(n).choices(
        ["发热", "临床表现", "：", "、", "\n", "- ", "（", "）", "是", "不是", "|", "职务"], k=n // 2
    )
)
ADVERSARIAL["random"] = lambda n: "".join(random.Random(n).choices('{}[]"\\:,<>/|热病疾 \n', k=n))

ADVERSARIAL_TEXT = "患者发热三天，后咳嗽，再发热"


@dataclass
class Findings:
    """What a run of the fuzzer found."""

    faults: list[str] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    slowest: float = 0.0
    """Microseconds per character of answer and sentence, of answers of 200 characters or more."""
    slowest_answer: str = ""


def random_sample(rng: random.Random) -> tuple[Sample, LabelSchema]:
    """Make a sample of one of the three tasks."""
    return rng.choice([_flat_sample, _nested_sample, _power_sample])(rng)


def _flat_sample(rng: random.Random) -> tuple[Sample, LabelSchema]:
    text, entities = "", []
    for _ in range(rng.randint(0, 8)):
        text += "".join(rng.choices(FILLERS, k=rng.randint(0, 3)))
        word = rng.choice(WORDS)
        if rng.random() < 0.8:
            entities.append(Entity(rng.choice(FLAT.names), word, len(text), len(text) + len(word)))
        text += word
    return Sample("fuzz", text + rng.choice(["", "。", " ", "\n"]), tuple(entities)), FLAT


def _nested_sample(rng: random.Random) -> tuple[Sample, LabelSchema]:
    pieces: list[str] = []
    entities: list[Entity] = []

    def grow(depth: int, start: int) -> int:
        """Append a subtree at ``start`` and give its end."""
        at = len(entities)
        end = start
        for _ in range(rng.randint(1, 3)):
            if depth and rng.random() < 0.5:
                end = grow(depth - 1, end)
            else:
                pieces.append(rng.choice(WORDS + FILLERS))
                end += len(pieces[-1])
        entities.insert(at, Entity(rng.choice(NESTED.names), "".join(pieces)[start:end], start, end))
        return end

    position = 0
    for _ in range(rng.randint(0, 4)):
        pieces.append(rng.choice(FILLERS))
        position = grow(rng.randint(0, 3), position + len(pieces[-1]))
    return Sample("fuzz", "".join(pieces), tuple(entities)), NESTED


def _power_sample(rng: random.Random) -> tuple[Sample, LabelSchema]:
    text, entities = "", []
    spoken = [
        ("Date", "本周", ("本周",)),
        ("Province", "山东省", ("山东省",)),
        ("City", "济宁", ("济宁", "济宁市")),
        ("Company", "鱼山县供电公司", ("鱼山县供电公司",)),
        ("Substation", "湖西供电所", ("湖西供电所",)),
        ("Indicator", "投诉", ("投诉",)),
    ]
    for _ in range(rng.choice([1, 1, 2])):
        for label, value, surfaces in spoken:
            chance = rng.random()
            if chance < 0.5:
                surface = rng.choice(surfaces)
                entities.append(Entity(label, value, len(text), len(text) + len(surface)))
                text += surface
            elif chance < 0.8 and POWER[label].inferable:
                entities.append(Entity(label, value))
        text += rng.choice(["", "个数", "和", " "])
    return Sample("fuzz", text, tuple(entities)), POWER


def mutate(answer: str, other: str, rng: random.Random) -> str:
    """Break ``answer`` in one way; ``other`` is a second answer to splice in."""
    a, b = sorted((rng.randint(0, len(answer)), rng.randint(0, len(answer))))
    if rng.random() < 0.7:
        b = min(b, a + rng.randint(0, 6))
    cut = answer[a:b]
    piece = rng.choice(PIECES)
    match rng.randint(0, 11):
        case 0:
            return answer[:a] + answer[b:]
        case 1 | 2 | 3:
            return answer[:a] + piece + answer[a:]
        case 4:
            return answer[:a] + piece + answer[b:]
        case 5:
            return answer[:b] + cut * rng.choice([1, 2, 20]) + answer[b:]
        case 6:
            c = rng.randint(b, len(answer))
            return answer[:a] + answer[b:c] + cut + answer[c:]
        case 7:
            return answer[:a] + other[rng.randint(0, len(other)) :]
        case 8:
            return answer[:a]
        case 9:
            return answer[:a] + piece * rng.choice([3, 30, 300]) + answer[b:]
        case 10:
            old = rng.choice([*"{}[]\"':,<>/|，。 \n", "entity_text", "entity_label"])
            return answer.replace(old, piece, rng.choice([1, -1]))
        case _:
            return rng.choice([piece + answer, answer + piece, f"{piece}{answer}{piece}", json.dumps(answer)])


def part_faults(answer: str, read: Answer) -> Iterator[str]:
    """Name every way in which the parts of ``read`` are no account of the answer's characters."""
    reach = 0
    for part in read.parts:
        if part.start != reach or part.end <= part.start:
            yield f"{part} behind {reach}"
        reach = part.end
    if reach != len(whole_characters(answer)):
        yield f"parts end at {reach} of {len(whole_characters(answer))}"
    kinds = {part.kind for part in read.parts}
    losses = [problem.kind for problem in read.problems if problem.kind.loses]
    # Of JSON that was encoded once more as a string nobody can say where in it something stands.
    if not whole_characters(answer).lstrip().startswith('"'):
        if bool(read.entities) != (PartKind.VALUE in kinds):
            yield f"{len(read.entities)} entities and parts {sorted(kinds)}"
        if read.entities and PartKind.LABEL not in kinds:
            yield f"entities without a label among {sorted(kinds)}"
    if PartKind.PROBLEM in kinds and not losses:
        yield "a part is a problem, and no problem loses anything"
    # What ends within its reasoning is that alone.
    if not kinds & {PartKind.PROBLEM, PartKind.REASONING} and set(losses) - {ProblemKind.NO_ANSWER}:
        yield f"{losses[0]} is about no part"


def faults_of(answer: str, read: Answer, text: str, schema: LabelSchema) -> Iterator[str]:
    """Name every way in which ``read`` is not what a reader may return."""
    yield from part_faults(answer, read)
    if read.outcome is Outcome.EMPTY and any(problem.kind.loses for problem in read.problems):
        yield "empty with a loss"
    if not isinstance(read.outcome, Outcome):
        yield f"outcome {read.outcome!r}"
    if read.outcome in (Outcome.EMPTY, Outcome.UNPARSABLE) and read.entities:
        yield f"{read.outcome} with entities"
    if read.outcome in (Outcome.CLEAN, Outcome.SALVAGED) and not read.entities:
        yield f"{read.outcome} without entities"
    if read.outcome is Outcome.CLEAN and any(problem.kind.loses for problem in read.problems):
        yield "clean with a loss"
    if len(read.groundings) != len(read.entities):
        yield f"{len(read.groundings)} groundings for {len(read.entities)} entities"
    for entity, grounding in zip(read.entities, read.groundings, strict=False):
        if entity.label not in schema:
            yield f"label {entity.label!r}"
        elif entity.start is not None and entity.end is not None:
            if entity.end > len(text):
                yield f"{entity} ends behind the sentence"
            if grounding is Grounding.FUZZY:
                # Such an entity may keep the answer's value, which the sentence does not say.
                continue
            try:
                schema.kind(entity, text)
            except ValueError as err:
                yield str(err)


def decode_seconds(name: str, answer: str, text: str, schema: LabelSchema) -> tuple[Answer, float]:
    """Decode an answer and measure the processor time, without that of collecting what others left behind."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        start = time.process_time()
        read = FORMATS[name].decode(answer, text, schema)
        return read, time.process_time() - start
    finally:
        if was_on:
            gc.enable()


def _least_seconds(
    seconds: float, limit: float, name: str, answer: str, text: str, schema: LabelSchema
) -> float:
    """Measure again what took longer than ``limit``, and give the shortest of the new runs."""
    if seconds <= limit:
        return seconds
    # A garbage collection, a first call or a cold cache may fall into any run; a slow algorithm is in all.
    return min(decode_seconds(name, answer, text, schema)[1] for _ in range(5))


def _excerpt(name: str, answer: str, text: str) -> str:
    """Show an answer, with what it repeats written once."""
    short = re.sub(
        r"(.{1,20}?)\1{19,}", lambda m: f"{m[1]}⟪{len(m[0]) // len(m[1])} times⟫", answer, flags=re.S
    )
    return f"\n  {name} answer {short[:1500]!r}\n  about {text[:300]!r}"


def check(name: str, answer: str, text: str, schema: LabelSchema, findings: Findings) -> None:
    """Decode an answer and add what is wrong with it to ``findings``."""

    def report(fault: str) -> None:
        findings.faults.append(fault + _excerpt(name, answer, text))

    try:
        read, seconds = decode_seconds(name, answer, text, schema)
    except Exception as err:
        report(f"{type(err).__name__}: {str(err)!r}")
        return
    for fault in faults_of(answer, read, text, schema):
        report(fault)
    findings.outcomes[read.outcome] += 1
    bound = BASE_SECONDS + SECONDS_PER_CHARACTER * len(answer)
    seconds = _least_seconds(seconds, bound, name, answer, text, schema)
    if seconds > bound:
        report(f"{seconds:.3f} s for {len(answer)} characters")
    size = len(answer) + len(text)
    if size >= 200 and seconds / size * 1e6 > findings.slowest:
        findings.slowest = seconds / size * 1e6
        findings.slowest_answer = _excerpt(name, answer, text)


def _written(sample: Sample, schema: LabelSchema, names: list[str], rng: random.Random) -> str:
    """Write an answer: in one of the formats, or in a layout of chat models."""
    if rng.random() < 0.4:
        named = Sample(f"fuzz {rng.random()}", sample.text, sample.entities)
        return write(rng.choice(list(LAYOUTS)), named, schema)
    return FORMATS[rng.choice(names)].encode(sample, schema)


def fuzz(n: int, seed: int, names: list[str]) -> Findings:
    """Decode ``n`` mutated answers; stop early after ``MAX_FAULTS``."""
    rng = random.Random(seed)
    findings = Findings()
    before = ""
    done = 0
    while done < n and len(findings.faults) < MAX_FAULTS:
        sample, schema = random_sample(rng)
        try:
            written = _written(sample, schema, names, rng)
        except CannotEncodeError:
            continue
        for _ in range(min(8, n - done)):
            answer = written
            for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3, 5, 8])):
                answer = mutate(answer, before, rng)[:20_000]
            # Now and then the answer is read as another format, or about another sentence.
            text = sample.text if rng.random() < 0.95 else rng.choice(["", " ", before[:100]])
            check(rng.choice(names), answer, text, schema, findings)
            done += 1
        before = written
    return findings


def linear_seconds(name: str, family: str, size: int = LINEAR_SIZE) -> float:
    """Measure one adversarial answer of ``size`` characters, and stop at a smaller one that is too slow.

    Gives the seconds that ``size`` characters take, or would take at the rate of the smaller answer.
    """
    projected = 0.0
    for part in (64, 16, 4, 1):
        answer, limit = ADVERSARIAL[family](size // part), 1.5 * LINEAR_SECONDS / part + 0.1
        seconds = decode_seconds(name, answer, ADVERSARIAL_TEXT, NESTED)[1]
        seconds = _least_seconds(seconds, limit, name, answer, ADVERSARIAL_TEXT, NESTED)
        projected = seconds * part
        if seconds > limit:
            break
    return projected


def _page(rng: random.Random, entities: list[Entity] | None) -> str:
    """Make a text of ``PAGE_SIZE`` characters or a few more, and add its entities to ``entities``."""
    text = ""
    while len(text) < PAGE_SIZE:
        text += "".join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in range(rng.randint(5, 25)))
        word = rng.choice([*WORDS, text[-8:]])
        if entities is not None:
            entities.append(Entity(rng.choice(NESTED.names), word, len(text), len(text) + len(word)))
        text += word
    return text


def _same_page() -> tuple[Sample, str]:
    entities: list[Entity] = []
    page = _page(random.Random(0), entities)
    return Sample("fuzz", page, tuple(entities)), page


def _drifted_page() -> tuple[Sample, str]:
    sample, page = _same_page()
    return sample, "".join(character for i, character in enumerate(page) if i % 53)


def _other_page() -> tuple[Sample, str]:
    return _same_page()[0], _page(random.Random(1), None)


def _page_of_one_character() -> tuple[Sample, str]:
    entities = tuple(Entity("sym", "热", i, i + 1) for i in range(0, PAGE_SIZE, 2))
    return Sample("fuzz", "热" * PAGE_SIZE, entities), "热" * (PAGE_SIZE - 1)


PAGES: dict[str, Callable[[], tuple[Sample, str]]] = {
    "same": _same_page,
    "drifted": _drifted_page,
    "other": _other_page,
    "one_character": _page_of_one_character,
}
"""Long texts: a sample to encode, and the text about which its answer is read."""


HARD_SECONDS = 8.0
"""An answer of ``HARD_ANSWERS`` may take this long; where nothing else runs, most take below 1 s."""
HARD_SIZE = 200_000
"""Characters of the longest ones, and of the sentences that they are about."""


def _naming(values: list[str], name: str) -> str:
    """Name values, all of one label, in a format; one that is named again means its next mention."""
    label = NESTED["sym"].answer
    if name == "grouped":
        return json.dumps({label: values}, ensure_ascii=False)
    if name == "xml":
        return "".join(f"<{label}>{value}</{label}>" for value in values)
    if name == "bracket":
        return "".join(f"[{value}|{label}]" for value in values)
    lines = []
    n_named: Counter[str] = Counter()
    for value in values:
        n_named[value] += 1
        line = {"entity_text": value, "entity_label": label}
        number = {"occurrence": n_named[value]} if name == "occurrence" else {}
        lines.append(json.dumps({**line, **number}, ensure_ascii=False))
    return "\n".join(lines)


@cache
def _long_page(seed: int) -> tuple[str, tuple[Entity, ...]]:
    """Make a page of ``HARD_SIZE`` characters, and about 10,000 entities of it."""
    rng = random.Random(seed)
    pieces: list[str] = []
    entities = []
    size = 0
    while size < HARD_SIZE:
        pieces.append("".join(chr(rng.randint(0x4E00, 0x9FA5)) for _ in range(rng.randint(5, 25))))
        size += len(pieces[-1])
        pieces.append(rng.choice([*WORDS, pieces[-1][-4:]]))
        entities.append(Entity(rng.choice(NESTED.names), pieces[-1], size, size + len(pieces[-1])))
        size += len(pieces[-1])
    return "".join(pieces), tuple(entities)


def _drifted(drift: Callable[[str], str]) -> Callable[[str], tuple[str, str]]:
    """Make an answer about a long page, of which the sentence is a changed copy."""

    def make(name: str) -> tuple[str, str]:
        text, entities = _long_page(0)
        return FORMATS[name].encode(Sample("fuzz", text, entities), NESTED), drift(text)

    return make


def _broken(name: str) -> tuple[str, str]:
    """Make an answer about a long page that lacks one of 53 characters, tags and keys included."""
    answer, text = _drifted(str)(name)
    return "".join(character for at, character in enumerate(answer) if at % 53), text


def _named(values: list[str], text: str) -> Callable[[str], tuple[str, str]]:
    return lambda name: (_naming(values, name), text)


_PAIR = "啊吧" * 15_000
HARD_ANSWERS: dict[str, Callable[[str], tuple[str, str]]] = {
    "one_value_750_times": _named(["啊"] * 750, "啊" * 30_000),
    "one_value_15000_times": _named(["啊"] * 15_000, "啊" * 30_000),
    "two_values_in_turn": _named(["啊", "啊啊"] * 7_000, "啊" * 30_000),
    "values_of_every_length": _named(["啊" * n for n in range(1, 751)], "啊" * 30_000),
    "values_of_a_periodic_text": _named([_PAIR[:n] for n in range(2, 600)], _PAIR),
    "a_long_value_of_a_periodic_text": _named([_PAIR[:15_000]] * 3, _PAIR),
    "values_that_are_not_said": _named([f"第{n}号从未提到的地方" for n in range(5_000)], "热病" * 100_000),
    "same": _drifted(str),
    "broken": _broken,
    "dropped": _drifted(lambda text: "".join(c for at, c in enumerate(text) if at % 53)),
    "often_dropped": _drifted(lambda text: "".join(c for at, c in enumerate(text) if at % 10)),
    "changed": _drifted(lambda text: "".join(c if at % 20 else "错" for at, c in enumerate(text))),
    "added": _drifted(lambda text: "".join(c if at % 20 else c + "多" for at, c in enumerate(text))),
    "paragraph_missing": _drifted(lambda text: text[:70_000] + text[110_000:]),
    "paragraph_twice": _drifted(lambda text: text[:110_000] + text[70_000:]),
    "other": _drifted(lambda text: _long_page(1)[0]),
}
"""What makes a long answer in a format, and the text that it is about."""


def hard_seconds(name: str, kind: str) -> float:
    """Measure one of the hard answers in a format."""
    answer, text = HARD_ANSWERS[kind](name)
    seconds = decode_seconds(name, answer, text, NESTED)[1]
    # An answer that took 20 s is not measured again.
    is_close = HARD_SECONDS < seconds < 3 * HARD_SECONDS
    return decode_seconds(name, answer, text, NESTED)[1] if is_close else seconds


def page_seconds(name: str, page: str) -> float:
    """Measure an answer about a long text."""
    sample, text = PAGES[page]()
    return decode_seconds(name, FORMATS[name].encode(sample, NESTED), text, NESTED)[1]


def main() -> int:
    """Run the fuzzer or the linearity measurements and print what they found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=200_000, help="answers to decode")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--format", choices=sorted(FORMATS), action="append", help="default: every format")
    parser.add_argument("--linear", action="store_true", help="measure answers that are made to be slow")
    options = parser.parse_args()
    names = options.format or sorted(FORMATS)
    if options.linear:
        return _report_linear(names)
    start = time.perf_counter()
    findings = fuzz(options.n, options.seed, names)
    for fault in findings.faults:
        print(f"FAULT: {fault}")
    seconds = time.perf_counter() - start
    print(f"{sum(findings.outcomes.values())} answers in {seconds:.0f} s, seed {options.seed}")
    print(", ".join(f"{outcome} {n}" for outcome, n in findings.outcomes.most_common()))
    print(f"slowest: {findings.slowest:.1f} us a character {findings.slowest_answer}")
    return 1 if findings.faults else 0


def _shown(measure: Callable[[str, str], float], name: str, kind: str, limit: float) -> tuple[str, bool]:
    """Measure, and give a column of the report and whether it is a fault."""
    try:
        seconds = measure(name, kind)
    except Exception as err:
        return f"{name} {type(err).__name__}", True
    return f"{name} {seconds:6.2f}", seconds > limit


def _report_linear(names: list[str]) -> int:
    n_faults = 0
    for title, measure, kinds, limit in (
        (f"seconds for {LINEAR_SIZE} characters", linear_seconds, ADVERSARIAL, LINEAR_SECONDS),
        (f"seconds for texts of {PAGE_SIZE} characters", page_seconds, PAGES, LINEAR_SECONDS),
        (f"seconds for hard ones of up to {HARD_SIZE} characters", hard_seconds, HARD_ANSWERS, HARD_SECONDS),
    ):
        print(f"{title}, at most {limit}")
        for kind in kinds:
            columns = [_shown(measure, name, kind, limit) for name in names]
            n_faults += sum(is_fault for _, is_fault in columns)
            print(f"{kind:30}", " ".join(column for column, _ in columns), flush=True)
    print(f"{n_faults} fail or take longer")
    return 1 if n_faults else 0


if __name__ == "__main__":
    sys.exit(main())
