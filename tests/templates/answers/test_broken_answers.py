"""Answers as chat models break them, and what a careful reader takes from each.

Expected entities are ``(label, start, end)``, or ``(label, value)`` where the sentence has no place for them.
"""

from collections import Counter

import pytest

from nerforge.templates.answers import load_format
from nerforge.templates.domain import Entity, Grounding, LabelSchema, Outcome, ProblemKind
from nerforge.templates.tasks import load_task
from nerforge.templates.words import AnswerWords

CLEAN, REPAIRED, SALVAGED, EMPTY, UNPARSABLE = Outcome
CLEAN_OR_REPAIRED = (CLEAN, REPAIRED)
REPAIRED_OR_SALVAGED = (REPAIRED, SALVAGED)

NEWS = "林晓梅在太湖采访东风机械厂"
REPORTER, LAKE, FACTORY = ("PER", 0, 3), ("LOC", 4, 6), ("ORG", 8, 13)
REPORTER_LINE = '{"entity_text": "林晓梅", "entity_label": "人名"}'
LAKE_LINE = '{"entity_text": "太湖", "entity_label": "地点"}'
FACTORY_LINE = '{"entity_text": "东风机械厂", "entity_label": "组织"}'

TOUR = "上海队先到北京，再回上海"
FIRST_SHANGHAI, BEIJING, LAST_SHANGHAI = ("GPE", 0, 2), ("GPE", 5, 7), ("GPE", 10, 12)

WARD = "患儿高热两天后出现肺炎，给予头孢曲松治疗"
FEVER, PNEUMONIA, LUNG, DRUG = ("sym", 2, 4), ("dis", 9, 11), ("bod", 9, 10), ("dru", 14, 18)
FEVER_LINE = '{"entity_text": "高热", "entity_label": "临床表现"}'
PNEUMONIA_LINE = '{"entity_text": "肺炎", "entity_label": "疾病"}'
DRUG_LINE = '{"entity_text": "头孢曲松", "entity_label": "药物"}'
WARD_XML = (
    "患儿<临床表现>高热</临床表现>两天后出现<疾病><身体>肺</身体>炎</疾病>，给予<药物>头孢曲松</药物>治疗"
)
WARD_BRACKET = "患儿[高热|临床表现]两天后出现[[肺|身体]炎|疾病]，给予[头孢曲松|药物]治疗"
WARD_GROUPED = '{"疾病": ["肺炎"], "临床表现": ["高热"], "药物": ["头孢曲松"], "身体": ["肺"]}'

QUERY = "本周济宁市湖西供电所投诉个数"
WEEK, CITY, SUBSTATION, COMPLAINT = (
    ("Date", 0, 2),
    ("City", 2, 5),
    ("Substation", 5, 10),
    ("Indicator", 10, 12),
)
PROVINCE, COMPANY = ("Province", "山东省"), ("Company", "鱼山县供电公司")

LAB = "患者CRP升高伴IL-6异常"
CRP, IL6 = ("ite", 2, 5), ("ite", 8, 12)

JSON_PROMPT = (
    "找出医学文本里可嵌套的实体，类型：疾病、临床表现。\n"
    '每个实体写一行 JSON：{"entity_text": "实体原文", "entity_label": "疾病"}；'
    "没有实体时只写：没有找到任何实体。\n"
    f"文本：\n{WARD}\n"
)
XML_PROMPT = (
    "找出医学文本里可嵌套的实体，类型：疾病、临床表现。\n"
    "照抄原句，用标签括住实体，如 <疾病>实体</疾病>，其余一字不改；没有实体时照抄。\n"
    f"文本：\n{WARD}\n"
)


def ward(name, answer, *expected, id):
    return pytest.param(name, "cmeee", WARD, answer, *expected, id=id)


def news(name, answer, *expected, id):
    return pytest.param(name, "ccfbdci", NEWS, answer, *expected, id=id)


def tour(name, answer, *expected, id):
    return pytest.param(name, "ccfbdci", TOUR, answer, *expected, id=id)


def query(name, answer, *expected, id):
    return pytest.param(name, "power", QUERY, answer, *expected, id=id)


JSON_AROUND = [
    ward(
        "json",
        f"\n\n  {FEVER_LINE}\n\n{PNEUMONIA_LINE}\n \n",
        [FEVER, PNEUMONIA],
        CLEAN,
        id="json-blank-lines-around-and-between",
    ),
    ward(
        "json",
        '{"entity_text":"高热","entity_label":"临床表现"}\r\n'
        '{"entity_text":"\\u80ba\\u708e","entity_label":"疾病"}',
        [FEVER, PNEUMONIA],
        CLEAN,
        id="json-compact-and-escaped-characters",
    ),
    ward(
        "json",
        '{"entity_label": "疾病", "entity_text": "肺炎"}',
        [PNEUMONIA],
        CLEAN_OR_REPAIRED,
        id="json-keys-in-other-order",
    ),
    ward(
        "json", f"```json\n{FEVER_LINE}\n{DRUG_LINE}\n```", [FEVER, DRUG], REPAIRED, id="json-fence-with-tag"
    ),
    ward("json", f"```\n{FEVER_LINE}\n```\n", [FEVER], REPAIRED, id="json-fence-without-tag"),
    ward("json", f"```JSON {FEVER_LINE} ```", [FEVER], REPAIRED, id="json-fence-in-one-line"),
    ward(
        "json",
        f"```json\n{FEVER_LINE}\n{PNEUMONIA_LINE}",
        [FEVER, PNEUMONIA],
        REPAIRED_OR_SALVAGED,
        id="json-fence-unclosed",
    ),
    ward(
        "json",
        f"临床表现：\n```json\n{FEVER_LINE}\n```\n药物：\n```json\n{DRUG_LINE}\n```",
        [FEVER, DRUG],
        REPAIRED,
        id="json-two-fences",
    ),
    ward(
        "json",
        f"<think>句子里有症状高热，也许还有{PNEUMONIA_LINE}。</think>\n\n{FEVER_LINE}",
        [FEVER],
        REPAIRED,
        id="json-think-with-a-draft-in-it",
    ),
    ward("json", f"<think>\n\n</think>\n\n{FEVER_LINE}", [FEVER], CLEAN_OR_REPAIRED, id="json-think-empty"),
    ward(
        "json",
        f"先看症状，高热算临床表现。\n</think>\n{FEVER_LINE}",
        [FEVER],
        REPAIRED,
        id="json-think-only-the-closing-tag",
    ),
    ward(
        "json",
        f"<think>\n句子里有高热，可以写成\n{FEVER_LINE}\n不过还要再看看肺炎",
        [],
        UNPARSABLE,
        id="json-think-unclosed",
    ),
    ward(
        "json",
        "<think>这句没有医学实体。</think>\n没有找到任何实体",
        [],
        EMPTY,
        id="json-think-before-nothing",
    ),
    ward(
        "json",
        f"好的，这句话里的实体如下：\n{FEVER_LINE}\n{DRUG_LINE}",
        [FEVER, DRUG],
        REPAIRED,
        id="json-chinese-chatter-before",
    ),
    ward(
        "json",
        f"{FEVER_LINE}\n{DRUG_LINE}\n\n以上是全部实体，希望对你有帮助！",
        [FEVER, DRUG],
        REPAIRED,
        id="json-chinese-chatter-after",
    ),
    ward(
        "json",
        f"Sure! Here are the entities:\n\n{FEVER_LINE}\n\nNote: 治疗 isn't labelled, it is too general.",
        [FEVER],
        REPAIRED,
        id="json-english-chatter-on-both-sides",
    ),
    ward(
        "json",
        f"这句里没有科室，也没有找到微生物，只有：{FEVER_LINE}",
        [FEVER],
        REPAIRED,
        id="json-chatter-that-says-no-to-something-else",
    ),
    ward(
        "json",
        f"1. {FEVER_LINE}\n2. {PNEUMONIA_LINE}\n3. {DRUG_LINE}",
        [FEVER, PNEUMONIA, DRUG],
        REPAIRED,
        id="json-numbered-lines",
    ),
    ward(
        "json", f"- {FEVER_LINE}\n- `{DRUG_LINE}`", [FEVER, DRUG], REPAIRED, id="json-bullets-and-backticks"
    ),
    ward(
        "json",
        JSON_PROMPT + f"{FEVER_LINE}\n{DRUG_LINE}",
        [FEVER, DRUG],
        REPAIRED,
        id="json-echo-of-the-prompt",
    ),
    ward("json", f"{WARD}\n{FEVER_LINE}", [FEVER], REPAIRED, id="json-echo-of-the-sentence"),
    ward("json", WARD, [], UNPARSABLE, id="json-nothing-but-the-sentence"),
    pytest.param(
        "json",
        "cmeee",
        "复查时没有发热，也没有皮疹",
        "复查时没有发热，也没有皮疹",
        [],
        UNPARSABLE,
        id="json-nothing-but-a-sentence-that-says-no",
    ),
    ward("json", f"\ufeff{FEVER_LINE}", [FEVER], CLEAN_OR_REPAIRED, id="json-byte-order-mark"),
    ward(
        "json",
        '\u200b{"entity_text": "高\u200b热", "entity_label": "临床表现"}\u200b',
        [FEVER],
        CLEAN_OR_REPAIRED,
        id="json-zero-width-spaces",
    ),
    ward("json", f"{FEVER_LINE}<|im_end|>", [FEVER], REPAIRED, id="json-end-token-of-chatml"),
    ward("json", f"{FEVER_LINE}\n</s>", [FEVER], REPAIRED, id="json-end-token-of-llama"),
    ward(
        "json",
        f"{FEVER_LINE}<|endoftext|>标注实体：\n老人咳血，服用阿莫西林\n"
        '{"entity_text": "咳血", "entity_label": "临床表现"}',
        [FEVER],
        REPAIRED,
        id="json-runaway-text-behind-the-end",
    ),
    ward("json", f"[/INST] {FEVER_LINE}", [FEVER], REPAIRED, id="json-token-before-the-answer"),
    ward(
        "json",
        f"<|im_start|>assistant\n{FEVER_LINE}<|im_end|>",
        [FEVER],
        REPAIRED,
        id="json-whole-turn-of-chatml",
    ),
]

JSON_LAYOUTS = [
    ward("json", f"[{FEVER_LINE}, {DRUG_LINE}]", [FEVER, DRUG], REPAIRED, id="json-array"),
    ward(
        "json",
        '[\n  {\n    "entity_text": "高热",\n    "entity_label": "临床表现"\n  },\n'
        '  {\n    "entity_text": "肺炎",\n    "entity_label": "疾病"\n  }\n]',
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="json-indented-array",
    ),
    ward(
        "json",
        f'{{"entities": [{FEVER_LINE}, {DRUG_LINE}]}}',
        [FEVER, DRUG],
        REPAIRED,
        id="json-wrapped-in-entities",
    ),
    ward(
        "json",
        f'{{"text": "{WARD}", "result": {{"实体": [{FEVER_LINE}]}}}}',
        [FEVER],
        REPAIRED,
        id="json-wrapped-twice-beside-the-sentence",
    ),
    ward("json", FEVER_LINE + PNEUMONIA_LINE, [FEVER, PNEUMONIA], REPAIRED, id="json-glued"),
    ward(
        "json",
        f"{FEVER_LINE}, {PNEUMONIA_LINE}; {DRUG_LINE}",
        [FEVER, PNEUMONIA, DRUG],
        REPAIRED,
        id="json-comma-and-semicolon-between",
    ),
    ward(
        "json",
        f"{FEVER_LINE}、{PNEUMONIA_LINE}，{DRUG_LINE}。",
        [FEVER, PNEUMONIA, DRUG],
        REPAIRED,
        id="json-chinese-punctuation-between",
    ),
    ward(
        "json", f"{FEVER_LINE},\n{DRUG_LINE},", [FEVER, DRUG], REPAIRED, id="json-lines-with-trailing-commas"
    ),
    ward(
        "json",
        '{"text": "高热", "label": "临床表现"}\n{"text": "头孢曲松", "label": "药物"}',
        [FEVER, DRUG],
        REPAIRED,
        id="json-keys-text-and-label",
    ),
    ward(
        "json",
        '{"entity": "高热", "type": "临床表现"}\n{"name": "肺炎", "type": "疾病"}',
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="json-keys-entity-or-name-and-type",
    ),
    ward("json", '{"实体": "高热", "类型": "临床表现"}', [FEVER], REPAIRED, id="json-chinese-keys"),
    news(
        "json",
        '[{"entity": "PER", "word": "林晓梅", "score": 0.98}, {"entity_group": "LOC", "word": "太湖"}]',
        [REPORTER, LAKE],
        REPAIRED,
        id="json-keys-of-a-token-classifier",
    ),
    ward(
        "json",
        '{"Entity_Text": "高热", "Entity_Label": "临床表现"}',
        [FEVER],
        REPAIRED,
        id="json-keys-in-other-case",
    ),
    ward(
        "json",
        '{"高热": "临床表现", "肺炎": "疾病"}',
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="json-map-from-value-to-label",
    ),
    ward("json", '[["高热", "临床表现"], ["头孢曲松", "药物"]]', [FEVER, DRUG], REPAIRED, id="json-pairs"),
    ward(
        "json",
        '["高热", "临床表现"]\n["肺炎", "疾病"]',
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="json-a-pair-a-line",
    ),
    tour(
        "json",
        '{"entity_text": ["北京", "上海"], "entity_label": "地理实体"}',
        [BEIJING, LAST_SHANGHAI],
        REPAIRED,
        id="json-list-of-values",
    ),
    ward("json", WARD_GROUPED, [FEVER, PNEUMONIA, LUNG, DRUG], REPAIRED, id="json-grouped"),
    ward(
        "json",
        '{"疾病": "肺炎", "药物": "头孢曲松"}',
        [PNEUMONIA, DRUG],
        REPAIRED,
        id="json-map-from-label-to-value",
    ),
    ward("json", WARD_XML, [FEVER, PNEUMONIA, LUNG, DRUG], REPAIRED, id="json-tagged"),
    news(
        "json",
        '{"entity_text": "太湖", "entity_label": "地点", "start": 11, "end": 13}',
        [LAKE],
        CLEAN_OR_REPAIRED,
        id="json-wrong-offsets",
    ),
    news(
        "json",
        '[{"text": "林晓梅", "label": "人名", "start_offset": 5, "end_offset": 8}]',
        [REPORTER],
        REPAIRED,
        id="json-wrong-offsets-under-other-keys",
    ),
    ward(
        "json",
        '{"entity_text": "高热", "entity_label": "临床表现", "entity_text": "肺炎", "entity_label": "疾病"}',
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="json-two-entities-in-one-object",
    ),
]

JSON_SYNTAX = [
    ward(
        "json",
        "{'entity_text': '高热', 'entity_label': '临床表现'}",
        [FEVER],
        REPAIRED,
        id="json-single-quotes",
    ),
    ward(
        "json",
        "{“entity_text”: “高热”, “entity_label”: “临床表现”}",
        [FEVER],
        REPAIRED,
        id="json-curly-quotes",
    ),
    ward(
        "json",
        '{"entity_text"："高热"，"entity_label"："临床表现"}',
        [FEVER],
        REPAIRED,
        id="json-full-width-colon-and-comma",
    ),
    ward(
        "json",
        "｛＂entity_text＂：＂高热＂，＂entity_label＂：＂临床表现＂｝",
        [FEVER],
        REPAIRED,
        id="json-full-width-throughout",
    ),
    ward(
        "json", '{entity_text: "高热", entity_label: "临床表现"}', [FEVER], REPAIRED, id="json-unquoted-keys"
    ),
    ward("json", "{entity_text: 高热, entity_label: 临床表现}", [FEVER], REPAIRED, id="json-nothing-quoted"),
    ward(
        "json",
        f"{FEVER_LINE} // 症状\n{PNEUMONIA_LINE} # 诊断\n/* 用药 */ {DRUG_LINE}",
        [FEVER, PNEUMONIA, DRUG],
        REPAIRED,
        id="json-comments-between",
    ),
    ward(
        "json",
        '{"entity_text": "高热", // 原文\n "entity_label": "临床表现" /* 类型 */}',
        [FEVER],
        REPAIRED,
        id="json-comments-inside",
    ),
    ward(
        "json",
        '{"entity_text": "高热", "entity_label": "临床表现",}',
        [FEVER],
        REPAIRED,
        id="json-trailing-comma",
    ),
    ward(
        "json",
        '{"entity_text": "高热" "entity_label": "临床表现"}',
        [FEVER],
        REPAIRED,
        id="json-missing-comma",
    ),
    ward(
        "json",
        '{"entity_text": "高热", "entity_label": "临床表现"\n' + DRUG_LINE,
        [FEVER, DRUG],
        REPAIRED,
        id="json-missing-brace-at-a-line-end",
    ),
    ward(
        "json",
        f"{PNEUMONIA_LINE}\n" + '{"entity_text": "高热", "entity_label": "临床表现"',
        [PNEUMONIA, FEVER],
        REPAIRED_OR_SALVAGED,
        id="json-missing-brace-at-the-end",
    ),
    ward(
        "json", FEVER_LINE + "}\n" + DRUG_LINE + "}]", [FEVER, DRUG], REPAIRED, id="json-superfluous-closers"
    ),
    ward(
        "json",
        '{"entity_text": "高热, "entity_label": "临床表现"}\n' + DRUG_LINE,
        [FEVER, DRUG],
        REPAIRED,
        id="json-missing-quote-behind-the-value",
    ),
    ward(
        "json",
        '{"entity_text": "高热", "entity_label": "临床表现}\n' + DRUG_LINE,
        [FEVER, DRUG],
        REPAIRED,
        id="json-missing-quote-behind-the-label",
    ),
    ward(
        "json",
        '{"entity_text": 高热", "entity_label": "临床表现"}',
        [FEVER],
        REPAIRED,
        id="json-missing-quote-before-the-value",
    ),
    ward(
        "json",
        '"entity_text": "高热", "entity_label": "临床表现"\n"entity_text": "肺炎", "entity_label": "疾病"',
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="json-no-braces",
    ),
    pytest.param(
        "json",
        "ccfbdci",
        '记者走访了"红星"小学',
        '{"entity_text": ""红星"小学", "entity_label": "组织"}',
        [("ORG", 5, 11)],
        REPAIRED,
        id="json-unescaped-quotes-at-the-value's-start",
    ),
    pytest.param(
        "json",
        "ccfbdci",
        '河东"红星"小学开学',
        '{"entity_text": "河东"红星"小学", "entity_label": "组织"}',
        [("ORG", 0, 8)],
        REPAIRED,
        id="json-unescaped-quotes-in-the-value",
    ),
    pytest.param(
        "json",
        "ccfbdci",
        "他在东风\n机械厂上班",
        '{"entity_text": "东风\n机械厂", "entity_label": "组织"}',
        [("ORG", 2, 8)],
        REPAIRED,
        id="json-unescaped-newline-in-the-value",
    ),
    ward(
        "json",
        r"{\"entity_text\": \"高热\", \"entity_label\": \"临床表现\"}",
        [FEVER],
        REPAIRED,
        id="json-all-quotes-escaped",
    ),
    ward(
        "json",
        r'"{\"entity_text\": \"高热\", \"entity_label\": \"临床表现\"}\n'
        r'{\"entity_text\": \"肺炎\", \"entity_label\": \"疾病\"}"',
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="json-encoded-twice",
    ),
    ward("json", FEVER_LINE + r"\n" + DRUG_LINE, [FEVER, DRUG], REPAIRED, id="json-escaped-newline"),
    ward(
        "json",
        "[{'entity_text': '高热', 'entity_label': '临床表现', 'certain': True, 'note': None}]",
        [FEVER],
        REPAIRED,
        id="json-python-literals",
    ),
    ward(
        "json",
        "[('高热', '临床表现'), ('肺炎', '疾病')]",
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="json-python-tuples",
    ),
    pytest.param(
        "json",
        "ccfbdci",
        "他读过“红星”晚报",
        '{"entity_text": "“红星”晚报", "entity_label": "组织"}',
        [("ORG", 3, 9)],
        CLEAN,
        id="json-curly-quotes-in-the-value",
    ),
    pytest.param(
        "json",
        "ccfbdci",
        "他读过“红星”晚报",
        '{"entity_text": "“红星”晚报", "entity_label": "组织",}',
        [("ORG", 3, 9)],
        REPAIRED,
        id="json-curly-quotes-in-a-value-that-needs-repair-elsewhere",
    ),
    pytest.param(
        "json",
        "ccfbdci",
        "详见https://a.cn/#b网",
        '{"entity_text": "https://a.cn/#b网", "entity_label": "组织",}',
        [("ORG", 2, 18)],
        REPAIRED,
        id="json-a-value-that-looks-like-a-comment",
    ),
    pytest.param(
        "json",
        "ccfbdci",
        "她入职O'Neil公司",
        "{'entity_text': 'O'Neil公司', 'entity_label': '组织'}",
        [("ORG", 3, 11)],
        REPAIRED,
        id="json-apostrophe-in-single-quotes",
    ),
    pytest.param(
        "json",
        "ccfbdci",
        "请拨打120中心",
        '{"entity_text": 120, "entity_label": "组织"}',
        [("ORG", 3, 6)],
        REPAIRED,
        id="json-a-number-for-a-value",
    ),
    ward(
        "json",
        '{"entity_text": "肺炎", "entity_label": ["疾病"]}',
        [PNEUMONIA],
        REPAIRED,
        id="json-a-list-for-a-label",
    ),
]

JSON_LABELS_AND_VALUES = [
    news(
        "json",
        '{"entity_text": "太湖", "entity_label": "LOC"}\n{"entity_text": "林晓梅", "entity_label": "per"}',
        [LAKE, REPORTER],
        REPAIRED,
        id="json-gold-names",
    ),
    news(
        "json",
        '{"entity_text": "太湖", "entity_label": "Location"}\n'
        '{"entity_text": "东风机械厂", "entity_label": "机构"}',
        [LAKE, FACTORY],
        REPAIRED,
        id="json-synonyms",
    ),
    news(
        "json",
        '{"entity_text": "太湖", "entity_label": "<地点>"}\n'
        '{"entity_text": "林晓梅", "entity_label": " 人名 "}',
        [LAKE, REPORTER],
        REPAIRED,
        id="json-framed-labels",
    ),
    news(
        "json",
        LAKE_LINE + '\n{"entity_text": "采访", "entity_label": "事件"}\n' + FACTORY_LINE,
        [LAKE, FACTORY],
        REPAIRED,
        id="json-one-unknown-label",
    ),
    news(
        "json",
        '{"entity_text": "太湖", "entity_label": "景点"}\n{"entity_text": "林晓梅", "entity_label": "记者"}',
        [],
        REPAIRED,
        id="json-only-unknown-labels",
    ),
    tour(
        "json",
        '{"entity_text": "北京", "entity_label": "地理实体"}\n'
        '{"entity_text": "上海", "entity_label": "地理实体"}',
        [BEIJING, LAST_SHANGHAI],
        CLEAN,
        id="json-a-repeated-mention-placed-by-order",
    ),
    tour(
        "json",
        '{"entity_text": "上海", "entity_label": "地理实体"}\n'
        '{"entity_text": "北京", "entity_label": "地理实体"}\n'
        '{"entity_text": "上海", "entity_label": "地理实体"}',
        [FIRST_SHANGHAI, BEIJING, LAST_SHANGHAI],
        CLEAN,
        id="json-every-mention-stated",
    ),
    news(
        "json",
        f"{LAKE_LINE}\n{LAKE_LINE}\n{FACTORY_LINE}",
        [LAKE, FACTORY],
        REPAIRED,
        id="json-more-statements-than-mentions",
    ),
    query(
        "json",
        '{"entity_text": "山东省", "entity_label": "Province"}\n'
        '{"entity_text": "山东省", "entity_label": "Province"}\n'
        '{"entity_text": "济宁", "entity_label": "City"}',
        [PROVINCE, CITY],
        REPAIRED,
        id="json-a-parent-completed-twice",
    ),
    news(
        "json",
        '{"entity_text": "洪泽湖", "entity_label": "地点"}\n' + FACTORY_LINE,
        [("LOC", "洪泽湖"), FACTORY],
        CLEAN,
        id="json-a-value-that-the-sentence-does-not-say",
    ),
    pytest.param(
        "json",
        "cmeee",
        LAB,
        '{"entity_text": "ＣＲＰ", "entity_label": "医学检验项目"}\n'
        '{"entity_text": "il-6", "entity_label": "医学检验项目"}',
        [CRP, IL6],
        CLEAN,
        id="json-values-in-other-width-and-case",
    ),
    pytest.param(
        "json",
        "ccfbdci",
        "他去过江北东风机械厂",
        '{"entity_text": "江北东风械厂", "entity_label": "组织"}',
        [("ORG", 3, 10)],
        CLEAN,
        id="json-a-long-value-without-one-character",
    ),
    pytest.param(
        "json",
        "power",
        "鄄城县供电公司投诉",
        '{"entity_text": "郓城县供电公司", "entity_label": "Company"}\n'
        '{"entity_text": "投诉", "entity_label": "Indicator"}',
        [("Company", "郓城县供电公司"), ("Indicator", 7, 9)],
        CLEAN,
        id="json-another-company",
    ),
    pytest.param(
        "json",
        "ccfbdci",
        "他去过江北东风机械厂",
        '{"entity_text": "江北东风机械局", "entity_label": "组织"}',
        [("ORG", "江北东风机械局")],
        CLEAN,
        id="json-another-last-character",
    ),
    pytest.param(
        "json",
        "power",
        "东河镇中心供电所意见",
        '{"entity_text": "西河镇中心供电所", "entity_label": "Substation"}',
        [("Substation", "西河镇中心供电所")],
        CLEAN,
        id="json-another-substation",
    ),
]

JSON_CUTS = [
    ward("json", FEVER_LINE + "\n{", [FEVER], SALVAGED, id="json-cut-behind-the-brace"),
    ward("json", FEVER_LINE + '\n{"entity_te', [FEVER], SALVAGED, id="json-cut-in-the-key"),
    ward("json", FEVER_LINE + '\n{"entity_text": "头孢', [FEVER], SALVAGED, id="json-cut-in-the-value"),
    ward(
        "json", FEVER_LINE + '\n{"entity_text": "头孢曲松"', [FEVER], SALVAGED, id="json-cut-behind-the-value"
    ),
    ward(
        "json",
        FEVER_LINE + '\n{"entity_text": "头孢曲松", "entity_label": ',
        [FEVER],
        SALVAGED,
        id="json-cut-before-the-label",
    ),
    ward(
        "json",
        PNEUMONIA_LINE + '\n{"entity_text": "高热", "entity_label": "临床',
        [PNEUMONIA],
        SALVAGED,
        id="json-cut-in-the-label",
    ),
    ward(
        "json",
        f'[{FEVER_LINE}, {PNEUMONIA_LINE}, {{"entity_text": "头',
        [FEVER, PNEUMONIA],
        SALVAGED,
        id="json-array-cut-in-a-value",
    ),
    ward("json", f"[{FEVER_LINE},", [FEVER], SALVAGED, id="json-array-cut-behind-a-comma"),
    ward(
        "json",
        f'```json\n{{"entities": [{FEVER_LINE}, {{"entity_text": "肺炎", "enti',
        [FEVER],
        SALVAGED,
        id="json-wrapped-and-fenced-and-cut",
    ),
    ward("json", '{"临床表现": ["高热"], "药物": ["头孢', [FEVER], SALVAGED, id="json-grouped-and-cut"),
    ward("json", '{"entity_text": "高热", "entity_la', [], UNPARSABLE, id="json-cut-in-the-only-line"),
    ward("json", "```json\n[", [], UNPARSABLE, id="json-cut-before-everything"),
    ward(
        "json",
        '{"entity_text": "两天", "entity_label": "时间"}\n{"entity_text": "高热", "ent',
        [],
        (REPAIRED, UNPARSABLE),
        id="json-cut-behind-an-unknown-label",
    ),
    ward(
        "json",
        (FEVER_LINE + "\n") * 200 + '{"entity_text": "高',
        [FEVER],
        SALVAGED,
        id="json-a-line-in-a-loop",
    ),
    ward(
        "json",
        (FEVER_LINE + "\n" + DRUG_LINE + "\n") * 100 + '{"entity_text": "高热", "ent',
        [FEVER, DRUG],
        SALVAGED,
        id="json-two-lines-in-a-loop",
    ),
    ward(
        "json",
        FEVER_LINE + '\n{"entity_text": "' + "头孢" * 300,
        [FEVER],
        SALVAGED,
        id="json-a-value-in-a-loop",
    ),
]

JSON_NOTHING = [
    ward("json", "没有找到任何实体。", [], EMPTY, id="json-nothing-with-a-full-stop"),
    ward("json", "```\n没有找到任何实体\n```", [], EMPTY, id="json-nothing-in-a-fence"),
    ward("json", "没有找到任何实体<|im_end|>", [], EMPTY, id="json-nothing-and-a-token"),
    ward("json", "无", [], EMPTY, id="json-nothing-in-one-character"),
    ward("json", "[]", [], EMPTY, id="json-nothing-as-an-array"),
    ward("json", "```json\n{}\n```", [], EMPTY, id="json-nothing-as-an-object"),
    ward("json", '{"entities": []}', [], EMPTY, id="json-nothing-wrapped"),
    ward("json", '"None"', [], EMPTY, id="json-nothing-in-quotes"),
    ward("json", "null", [], EMPTY, id="json-nothing-as-null"),
    ward("json", "No entities found.", [], EMPTY, id="json-nothing-in-english"),
    ward("json", "句中没有实体", [], EMPTY, id="json-nothing-in-other-words"),
    ward(
        "json",
        "经过分析，这句话里没有找到任何实体。如需进一步帮助，请告诉我。",
        [],
        EMPTY,
        id="json-nothing-amid-chatter",
    ),
    ward("json", '{"疾病": [], "临床表现": [], "药物": []}', [], EMPTY, id="json-nothing-for-each-label"),
    ward("json", f"没有找到任何实体\n{FEVER_LINE}", [FEVER], REPAIRED, id="json-nothing-and-yet-an-entity"),
    ward("json", f"{FEVER_LINE}\n没有找到任何实体", [FEVER], REPAIRED, id="json-an-entity-and-then-nothing"),
    ward("json", "", [], UNPARSABLE, id="json-empty-answer"),
    ward("json", "抱歉，我无法完成这个请求。", [], UNPARSABLE, id="json-refusal"),
]

XML_AROUND = [
    ward("xml", f"\n\n{WARD_XML}\n", [FEVER, PNEUMONIA, LUNG, DRUG], CLEAN, id="xml-newlines-around"),
    ward(
        "xml", f"```xml\n{WARD_XML}\n```", [FEVER, PNEUMONIA, LUNG, DRUG], REPAIRED, id="xml-fence-with-tag"
    ),
    ward(
        "xml",
        f"```\n{WARD_XML}",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        REPAIRED_OR_SALVAGED,
        id="xml-fence-unclosed",
    ),
    ward(
        "xml",
        "<think>高热是<临床表现>，头孢曲松是<药物>头孢曲松</药物>。</think>\n"
        "患儿<临床表现>高热</临床表现>两天后出现肺炎，给予头孢曲松治疗",
        [FEVER],
        REPAIRED,
        id="xml-think-with-tags-in-it",
    ),
    ward(
        "xml",
        f"<think></think>\n{WARD_XML}",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        CLEAN_OR_REPAIRED,
        id="xml-think-empty",
    ),
    ward(
        "xml",
        f"高热是症状。</think>{WARD_XML}",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        REPAIRED,
        id="xml-think-only-the-closing-tag",
    ),
    ward(
        "xml", "<think>患儿<临床表现>高热</临床表现>两天，接着看肺炎", [], UNPARSABLE, id="xml-think-unclosed"
    ),
    ward(
        "xml",
        f"标注结果如下：\n{WARD_XML}",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        REPAIRED,
        id="xml-chatter-before",
    ),
    ward(
        "xml",
        f"{WARD_XML}\n\n说明：治疗过于笼统，没有标注。",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        REPAIRED,
        id="xml-chatter-after",
    ),
    ward(
        "xml",
        f"Here is the tagged text:\n\n{WARD_XML}\n\nLet me know if you need more.",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        REPAIRED,
        id="xml-english-chatter-on-both-sides",
    ),
    ward("xml", f"<answer>{WARD_XML}</answer>", [FEVER, PNEUMONIA, LUNG, DRUG], REPAIRED, id="xml-wrapped"),
    ward(
        "xml", f"{WARD}\n{WARD_XML}", [FEVER, PNEUMONIA, LUNG, DRUG], REPAIRED, id="xml-echo-of-the-sentence"
    ),
    ward("xml", XML_PROMPT + WARD_XML, [FEVER, PNEUMONIA, LUNG, DRUG], REPAIRED, id="xml-echo-of-the-prompt"),
    ward(
        "xml",
        "\ufeff" + WARD_XML,
        [FEVER, PNEUMONIA, LUNG, DRUG],
        CLEAN_OR_REPAIRED,
        id="xml-byte-order-mark",
    ),
    ward(
        "xml",
        "患儿<临床表现>高\u200b热</临床表现>两天后\u200b出现肺炎，给予<药物>头孢曲松</药物>治疗",
        [FEVER, DRUG],
        CLEAN_OR_REPAIRED,
        id="xml-zero-width-spaces",
    ),
    ward(
        "xml", WARD_XML + "<|im_end|>", [FEVER, PNEUMONIA, LUNG, DRUG], REPAIRED, id="xml-end-token-of-chatml"
    ),
    ward("xml", WARD_XML + "</s>", [FEVER, PNEUMONIA, LUNG, DRUG], REPAIRED, id="xml-end-token-of-llama"),
    ward(
        "xml",
        f"{WARD_XML}<|endoftext|>老人<临床表现>咳血</临床表现>，又服<药物>头孢曲松</药物>",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        REPAIRED,
        id="xml-runaway-text-behind-the-end",
    ),
    ward(
        "xml",
        f"<|im_start|>assistant\n{WARD_XML}<|im_end|>",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        REPAIRED,
        id="xml-whole-turn-of-chatml",
    ),
    ward(
        "xml",
        f"[/INST]{WARD_XML}",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        REPAIRED,
        id="xml-token-before-the-answer",
    ),
    ward(
        "xml",
        (WARD_XML + "\n") * 40 + "患儿<临床表现>高",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        SALVAGED,
        id="xml-the-sentence-in-a-loop",
    ),
    ward(
        "xml",
        "患儿" + "<临床表现>高热</临床表现>" * 100 + "<临床表现>高",
        [FEVER],
        SALVAGED,
        id="xml-an-entity-in-a-loop",
    ),
    ward("xml", f"{FEVER_LINE}\n{DRUG_LINE}", [FEVER, DRUG], REPAIRED, id="xml-json-lines"),
    ward("xml", WARD_BRACKET, [FEVER, PNEUMONIA, LUNG, DRUG], REPAIRED, id="xml-brackets"),
]

XML_TAGS = [
    ward(
        "xml",
        "患儿< 临床表现 >高热</ 临床表现 >两天后出现<疾病 >肺炎< /疾病>，给予头孢曲松治疗",
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="xml-spaces-in-tags",
    ),
    ward(
        "xml",
        "患儿<临床表现 id=\"1\">高热</临床表现>两天后出现<疾病 normalized='肺炎'>肺炎</疾病>，"
        "给予头孢曲松治疗",
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="xml-attributes",
    ),
    query(
        "xml",
        "<date>本周</date><CITY>济宁</CITY><substation>湖西供电所</Substation><Indicator>投诉</Indicator>个数",
        [WEEK, CITY, SUBSTATION, COMPLAINT],
        REPAIRED,
        id="xml-tags-in-other-case",
    ),
    ward(
        "xml",
        "患儿＜临床表现＞高热＜/临床表现＞两天后出现〈疾病〉肺炎〈/疾病〉，给予＜药物＞头孢曲松＜／药物＞治疗",
        [FEVER, PNEUMONIA, DRUG],
        REPAIRED,
        id="xml-full-width-brackets",
    ),
    ward(
        "xml",
        "患儿<临床表现>高热<\\临床表现>两天后出现<疾病>肺炎<\\/疾病>，给予头孢曲松治疗",
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="xml-closers-with-a-backslash",
    ),
    ward(
        "xml",
        "患儿<临床表现>高热</临床表现>两天后出现<疾病/>肺炎，给予头孢曲松治疗",
        [FEVER],
        REPAIRED,
        id="xml-self-closing-tag",
    ),
    ward(
        "xml",
        "患儿&lt;临床表现&gt;高热&lt;/临床表现&gt;两天后出现&lt;疾病&gt;肺炎&lt;/疾病&gt;，给予头孢曲松治疗",
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="xml-escaped-throughout",
    ),
    ward(
        "xml",
        "患儿<sym>高热</sym>两天后出现<疾病>肺炎</疾病>，给予<药品>头孢曲松</药品>治疗",
        [FEVER, PNEUMONIA, DRUG],
        REPAIRED,
        id="xml-gold-names-and-synonyms",
    ),
    ward(
        "xml",
        "<人群>患儿</人群><临床表现>高热</临床表现><时间>两天</时间>后出现肺炎，给予头孢曲松治疗",
        [FEVER],
        REPAIRED,
        id="xml-two-unknown-labels",
    ),
    ward(
        "xml",
        "<人群>患儿</人群>高热<时间>两天</时间>后出现肺炎，给予头孢曲松治疗",
        [],
        REPAIRED,
        id="xml-only-unknown-labels",
    ),
    ward(
        "xml",
        "患儿<临床表现>高热两天后出现<疾病>肺炎</疾病>，给予<药物>头孢曲松</药物>治疗",
        [PNEUMONIA, DRUG],
        REPAIRED_OR_SALVAGED,
        id="xml-a-tag-that-is-never-closed",
    ),
    ward(
        "xml",
        "患儿高热</临床表现>两天后出现<疾病>肺炎</疾病>，给予头孢曲松治疗",
        [PNEUMONIA],
        REPAIRED,
        id="xml-a-tag-that-is-never-opened",
    ),
    ward(
        "xml",
        "患儿高热两天后出现<疾病><身体>肺炎</疾病></身体>，给予头孢曲松治疗",
        [PNEUMONIA, ("bod", 9, 11)],
        REPAIRED,
        id="xml-closed-in-the-wrong-order",
    ),
    pytest.param(
        "xml",
        "cmeee",
        "确诊急性肺炎三天",
        "确诊<疾病>急性<身体>肺</疾病>炎</身体>三天",
        [("dis", 2, 5), ("bod", 4, 6)],
        REPAIRED,
        id="xml-crossing-spans",
    ),
    pytest.param(
        "xml",
        "ccfbdci",
        "杭州日报社来电",
        "<组织><地理实体>杭州</地理实体>日报社</组织>来电",
        [("ORG", 0, 5), ("GPE", 0, 2)],
        CLEAN_OR_REPAIRED,
        id="xml-nested-where-entities-are-flat",
    ),
    ward(
        "xml",
        "患儿高热两天后出现<疾病>肺炎</药物>，给予<药物>头孢曲松</药物>治疗",
        [PNEUMONIA, DRUG],
        REPAIRED,
        id="xml-closed-by-another-name",
    ),
    ward(
        "xml",
        "患儿<临床表现>高热<临床表现>两天后出现<疾病>肺炎<疾病>，给予头孢曲松治疗",
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="xml-openers-for-closers",
    ),
    ward(
        "xml",
        "患儿<临床表现>高热</>两天后出现<疾病>肺炎</>，给予头孢曲松治疗",
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="xml-closers-without-a-name",
    ),
    ward(
        "xml",
        "患儿<临床表现>高热</临床表现>两天后出现<疾病></疾病>肺炎，给予头孢曲松治疗",
        [FEVER],
        REPAIRED,
        id="xml-nothing-in-a-tag",
    ),
    pytest.param(
        "xml",
        "cmeee",
        "P<0.05，提示肺炎好转",
        "P&lt;0.05，提示<疾病>肺炎</疾病>好转",
        [("dis", 9, 11)],
        CLEAN_OR_REPAIRED,
        id="xml-an-escape-that-was-not-needed",
    ),
    pytest.param(
        "xml",
        "cmeee",
        "超声没有找到任何实体肿瘤",
        "<医疗程序>超声</医疗程序>没有找到任何实体<疾病>肿瘤</疾病>",
        [("pro", 0, 2), ("dis", 10, 12)],
        CLEAN,
        id="xml-a-sentence-with-the-words-for-nothing",
    ),
    tour(
        "xml",
        "上海队先到<地理实体>北京</地理实体>，再回<地理实体>上海</地理实体>",
        [BEIJING, LAST_SHANGHAI],
        CLEAN,
        id="xml-the-second-of-two-mentions",
    ),
]

XML_DRIFT = [
    ward(
        "xml",
        "患儿<临床表现>高热</临床表现>两天后出现<疾病>肺炎</疾病>,给予<药物>头孢曲松</药物>治疗。",
        [FEVER, PNEUMONIA, DRUG],
        REPAIRED,
        id="xml-changed-comma-and-added-full-stop",
    ),
    pytest.param(
        "xml",
        "ccfbdci",
        "上海3月12日电，王海从上海出发",
        "上海３月１２日电，<人名>王海</人名>从<地理实体>上海</地理实体>出发",
        [("PER", 9, 11), ("GPE", 12, 14)],
        REPAIRED,
        id="xml-full-width-digits",
    ),
    ward(
        "xml",
        "患儿<临床表现>高热</临床表现>两天出现<疾病>肺炎</疾病>，予<药物>头孢曲松</药物>治疗",
        [FEVER, PNEUMONIA, DRUG],
        REPAIRED,
        id="xml-dropped-characters",
    ),
    tour(
        "xml",
        "上海队队先到到<地理实体>北京</地理实体>，再再回<地理实体>上海</地理实体>",
        [BEIJING, LAST_SHANGHAI],
        REPAIRED,
        id="xml-doubled-characters",
    ),
    ward(
        "xml",
        "患儿高热两天后出现肺炎，给予<药物>头孢曲曲松</药物>治疗",
        [DRUG],
        REPAIRED,
        id="xml-doubled-character-in-a-tag",
    ),
    pytest.param(
        "xml",
        "cmeee",
        "给予 阿奇霉素 0.25 g 口服，CRP 下降",
        "给予<药物>阿奇霉素</药物>0.25g口服，<医学检验项目>CRP</医学检验项目>下降",
        [("dru", 3, 7), ("ite", 18, 21)],
        REPAIRED,
        id="xml-dropped-spaces",
    ),
    pytest.param(
        "xml",
        "cmeee",
        LAB,
        "患者 <医学检验项目>CRP</医学检验项目> 升高伴 <医学检验项目>IL-6</医学检验项目> 异常",
        [CRP, IL6],
        REPAIRED,
        id="xml-added-spaces",
    ),
    pytest.param(
        "xml",
        "ccfbdci",
        "“出发！”王海（记者）在上海说。",
        '"出发!"<人名>王海</人名>(记者)在<地理实体>上海</地理实体>说.',
        [("PER", 5, 7), ("GPE", 12, 14)],
        REPAIRED,
        id="xml-swapped-punctuation",
    ),
    tour(
        "xml",
        "上海队先去北京，再回<地理实体>上海</地理实体>",
        [LAST_SHANGHAI],
        REPAIRED,
        id="xml-a-changed-word-between-two-mentions",
    ),
    ward(
        "xml",
        "<临床表现>高热</临床表现>\n<药物>头孢曲松</药物>",
        [FEVER, DRUG],
        REPAIRED,
        id="xml-only-the-tagged-parts",
    ),
    ward(
        "xml",
        "患儿<临床表现>惊厥</临床表现>两天后出现<疾病>肺炎</疾病>，给予头孢曲松治疗",
        [("sym", "惊厥"), PNEUMONIA],
        REPAIRED,
        id="xml-a-value-that-the-sentence-does-not-say",
    ),
    query(
        "xml",
        "<Date>本周</Date><Province>山东省</Province><City>济宁</City><Company>鱼山县供电公司</Company>"
        "<Substation>湖西供电所</Substation><Indicator>投诉</Indicator>个数",
        [WEEK, PROVINCE, CITY, COMPANY, SUBSTATION, COMPLAINT],
        CLEAN,
        id="xml-completed-parents",
    ),
    query(
        "xml",
        "<Date>本周</Date><Province>山东省</Province><City>济宁</City><Company>鱼山县供电公司</Company>"
        "<Substation>湖西供电所</Substation>的<Indicator>投诉</Indicator>总数",
        [WEEK, PROVINCE, CITY, COMPANY, SUBSTATION, COMPLAINT],
        REPAIRED,
        id="xml-completed-parents-in-a-drifted-sentence",
    ),
    query(
        "xml",
        "<Province>山东省</Province><Company>鱼山县供电公司</Company><Date>本周</Date><City>济宁市</City>"
        "<Substation>湖西供电所</Substation><Indicator>投诉</Indicator>个数",
        [PROVINCE, COMPANY, WEEK, CITY, SUBSTATION, COMPLAINT],
        CLEAN,
        id="xml-completed-parents-in-front",
    ),
    ward(
        "xml",
        f"{WARD_XML}\n{WARD_XML}",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        REPAIRED_OR_SALVAGED,
        id="xml-the-sentence-twice",
    ),
    tour(
        "xml",
        "<地理实体>上海</地理实体>",
        [FIRST_SHANGHAI],
        REPAIRED_OR_SALVAGED,
        id="xml-only-a-tagged-part-that-is-said-twice",
    ),
]

XML_CUTS_AND_NOTHING = [
    ward("xml", "患儿<临床表现>高热</临床表现>两天后出现肺", [FEVER], SALVAGED, id="xml-cut-between-tags"),
    ward(
        "xml", "患儿<临床表现>高热</临床表现>两天后出现<", [FEVER], SALVAGED, id="xml-cut-behind-the-bracket"
    ),
    ward("xml", "患儿<临床表现>高热</临床表现>两天后出现<疾", [FEVER], SALVAGED, id="xml-cut-in-the-opener"),
    ward(
        "xml",
        "患儿<临床表现>高热</临床表现>两天后出现<疾病>",
        [FEVER],
        SALVAGED,
        id="xml-cut-behind-the-opener",
    ),
    ward(
        "xml",
        "患儿<临床表现>高热</临床表现>两天后出现<疾病><身体>肺</身体>",
        [FEVER, LUNG],
        SALVAGED,
        id="xml-cut-in-the-outer-value",
    ),
    ward(
        "xml",
        "患儿<临床表现>高热</临床表现>两天后出现肺炎，给予<药物>头孢曲松</",
        [FEVER, DRUG],
        SALVAGED,
        id="xml-cut-before-the-closer's-name",
    ),
    tour(
        "xml",
        "上海队先到北京，再回<地理实体>上海</地理",
        [LAST_SHANGHAI],
        SALVAGED,
        id="xml-cut-in-the-only-closer",
    ),
    ward("xml", "患儿<临床表现>高", [], UNPARSABLE, id="xml-cut-in-the-only-value"),
    ward("xml", "患儿高热两天后", [], UNPARSABLE, id="xml-cut-before-any-tag"),
    ward("xml", f"{WARD}\n", [], EMPTY, id="xml-nothing"),
    ward("xml", f"```\n{WARD}\n```", [], EMPTY, id="xml-nothing-in-a-fence"),
    ward(
        "xml", "患儿高热两天后出现肺炎,给予头孢曲松治疗。", [], EMPTY, id="xml-nothing-in-a-drifted-sentence"
    ),
    ward("xml", f"{WARD}<|im_end|>", [], EMPTY, id="xml-nothing-and-a-token"),
    ward("xml", "没有找到任何实体。", [], EMPTY, id="xml-nothing-in-the-words-of-json"),
    ward("xml", "无", [], EMPTY, id="xml-nothing-in-one-character"),
    ward("xml", "[]", [], EMPTY, id="xml-nothing-as-an-array"),
    ward(
        "xml", f"句中没有实体，原样抄写如下：\n{WARD}", [], EMPTY, id="xml-nothing-in-words-and-the-sentence"
    ),
    ward("xml", "老人咳血一周，收入呼吸科", [], UNPARSABLE, id="xml-another-sentence"),
    ward("xml", " \n", [], UNPARSABLE, id="xml-blank-answer"),
]

BRACKET_CASES = [
    ward("bracket", WARD_BRACKET, [FEVER, PNEUMONIA, LUNG, DRUG], CLEAN, id="bracket-as-it-should-be"),
    query(
        "bracket",
        "[本周|Date][山东省|Province][济宁|City][鱼山县供电公司|Company][湖西供电所|Substation][投诉|Indicator]个数\n",
        [WEEK, PROVINCE, CITY, COMPANY, SUBSTATION, COMPLAINT],
        CLEAN,
        id="bracket-completed-parents",
    ),
    ward(
        "bracket", f"```\n{WARD_BRACKET}\n```", [FEVER, PNEUMONIA, LUNG, DRUG], REPAIRED, id="bracket-fence"
    ),
    ward(
        "bracket",
        f"<think>先找[症状|体征]。</think>标注如下：\n{WARD_BRACKET}",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        REPAIRED,
        id="bracket-think-and-chatter",
    ),
    ward(
        "bracket",
        f"{WARD}\n{WARD_BRACKET}<|im_end|>",
        [FEVER, PNEUMONIA, LUNG, DRUG],
        REPAIRED,
        id="bracket-echo-and-token",
    ),
    ward(
        "bracket",
        "患儿【高热｜临床表现】两天后出现［肺炎｜疾病］，给予头孢曲松治疗",
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="bracket-full-width",
    ),
    ward(
        "bracket",
        "患儿[高热 | 临床表现]两天后出现[ 肺炎|疾病 ]，给予头孢曲松治疗",
        [FEVER, PNEUMONIA],
        REPAIRED,
        id="bracket-spaces-inside",
    ),
    ward(
        "bracket",
        "患儿[高热|症状]两天后出现[肺炎|dis]，给予[头孢曲松|Drug]治疗",
        [FEVER, PNEUMONIA, DRUG],
        REPAIRED,
        id="bracket-synonyms",
    ),
    ward(
        "bracket",
        "[患儿|人群][高热|临床表现]两天后出现肺炎，给予头孢曲松治疗",
        [FEVER],
        REPAIRED,
        id="bracket-unknown-label",
    ),
    ward(
        "bracket",
        "患儿[高热两天后出现[肺炎|疾病]，给予[头孢曲松|药物]治疗",
        [PNEUMONIA, DRUG],
        REPAIRED_OR_SALVAGED,
        id="bracket-never-closed",
    ),
    pytest.param(
        "bracket",
        "cmeee",
        "治疗[3]后肺炎好转[1,2]",
        "治疗[3]后[肺炎|疾病]好转[1,2]",
        [("dis", 6, 8)],
        CLEAN_OR_REPAIRED,
        id="bracket-references-in-the-sentence",
    ),
    ward(
        "bracket",
        "患儿[高热|临床表现]两天后出现[肺炎|疾病],予[头孢曲松|药物]治疗。",
        [FEVER, PNEUMONIA, DRUG],
        REPAIRED,
        id="bracket-drift",
    ),
    ward("bracket", "患儿[高热|临床表现]两天后出现[肺", [FEVER], SALVAGED, id="bracket-cut-in-the-value"),
    ward(
        "bracket",
        "患儿[高热|临床表现]两天后出现肺炎，给予[头孢曲松|",
        [FEVER],
        SALVAGED,
        id="bracket-cut-before-the-label",
    ),
    ward("bracket", "患儿[高热|临", [], UNPARSABLE, id="bracket-cut-in-the-only-label"),
    ward("bracket", WARD_XML, [FEVER, PNEUMONIA, LUNG, DRUG], REPAIRED, id="bracket-tagged"),
    ward("bracket", WARD, [], EMPTY, id="bracket-nothing"),
    ward("bracket", "没有找到任何实体。", [], EMPTY, id="bracket-nothing-in-words"),
    ward(
        "bracket", "[高热|临床表现] [头孢曲松|药物]", [FEVER, DRUG], REPAIRED, id="bracket-only-the-entities"
    ),
]

GROUPED_CASES = [
    news(
        "grouped",
        '{"地点": ["太湖"], "人名": ["林晓梅"], "组织": ["东风机械厂"]}',
        [LAKE, REPORTER, FACTORY],
        CLEAN,
        id="grouped-as-it-should-be",
    ),
    tour(
        "grouped",
        '{"地理实体": ["上海", "北京", "上海"]}',
        [FIRST_SHANGHAI, BEIJING, LAST_SHANGHAI],
        CLEAN,
        id="grouped-a-value-twice",
    ),
    query(
        "grouped",
        '{"Date": ["本周"], "Province": ["山东省"], "City": ["济宁"], "Company": ["鱼山县供电公司"], '
        '"Substation": ["湖西供电所"], "Indicator": ["投诉"]}',
        [WEEK, PROVINCE, CITY, COMPANY, SUBSTATION, COMPLAINT],
        CLEAN,
        id="grouped-completed-parents",
    ),
    news(
        "grouped",
        '{"地点": ["太湖"], "人名": [], "地理实体": [], "组织": []}',
        [LAKE],
        CLEAN_OR_REPAIRED,
        id="grouped-empty-groups",
    ),
    news(
        "grouped",
        '```json\n{\n  "地点": [\n    "太湖"\n  ],\n  "人名": [\n    "林晓梅"\n  ]\n}\n```',
        [LAKE, REPORTER],
        REPAIRED,
        id="grouped-fenced-and-indented",
    ),
    news(
        "grouped",
        '{"地点": "太湖", "人名": ["林晓梅"]}',
        [LAKE, REPORTER],
        REPAIRED,
        id="grouped-a-bare-value",
    ),
    news(
        "grouped",
        '{"地点": ["太湖"]}\n{"人名": ["林晓梅"]}',
        [LAKE, REPORTER],
        REPAIRED,
        id="grouped-an-object-a-label",
    ),
    news(
        "grouped",
        '[{"地点": ["太湖"]}, {"人名": ["林晓梅"]}]',
        [LAKE, REPORTER],
        REPAIRED,
        id="grouped-an-array-of-groups",
    ),
    news(
        "grouped",
        "结果：{'LOC': ['太湖'], 'Person': ['林晓梅',], '事件': ['采访']}",
        [LAKE, REPORTER],
        REPAIRED,
        id="grouped-synonyms-single-quotes-and-an-unknown-label",
    ),
    news("grouped", "地点：太湖\n人名：林晓梅", [LAKE, REPORTER], REPAIRED, id="grouped-a-line-a-label"),
    news("grouped", f"{LAKE_LINE}\n{REPORTER_LINE}", [LAKE, REPORTER], REPAIRED, id="grouped-json-lines"),
    news(
        "grouped",
        '{"地点": [{"text": "太湖", "start": 1}], "人名": [{"text": "林晓梅"}]}',
        [LAKE, REPORTER],
        REPAIRED,
        id="grouped-objects-for-values",
    ),
    news(
        "grouped",
        '{"地点": ["太湖", "太湖", "太湖"], "人名": ["林晓梅"]}',
        [LAKE, REPORTER],
        REPAIRED,
        id="grouped-more-statements-than-mentions",
    ),
    news(
        "grouped",
        '{"地点": ["太湖"], "人名": ["林晓梅"], "组织": ["东风',
        [LAKE, REPORTER],
        SALVAGED,
        id="grouped-cut-in-a-value",
    ),
    tour(
        "grouped",
        '{"地理实体": ["上海", "北京", "上',
        [FIRST_SHANGHAI, BEIJING],
        SALVAGED,
        id="grouped-cut-in-the-only-group",
    ),
    news("grouped", '{"地点": [', [], UNPARSABLE, id="grouped-cut-before-any-value"),
    news(
        "grouped", '{"地点": ["' + '太湖", "' * 200 + "太", [LAKE], SALVAGED, id="grouped-a-value-in-a-loop"
    ),
    news("grouped", "{}", [], EMPTY, id="grouped-nothing-as-an-object"),
    news(
        "grouped",
        '{"地点": [], "人名": [], "地理实体": [], "组织": []}',
        [],
        EMPTY,
        id="grouped-nothing-in-any-group",
    ),
]

OCCURRENCE_CASES = [
    tour(
        "occurrence",
        '{"entity_text": "上海", "entity_label": "地理实体", "occurrence": 2}',
        [LAST_SHANGHAI],
        CLEAN,
        id="occurrence-the-second",
    ),
    tour(
        "occurrence",
        '{"entity_text": "上海", "entity_label": "地理实体", "occurrence": 2}\n'
        '{"entity_text": "上海", "entity_label": "地理实体", "occurrence": 1}',
        [LAST_SHANGHAI, FIRST_SHANGHAI],
        CLEAN,
        id="occurrence-in-any-order",
    ),
    query(
        "occurrence",
        '{"entity_text": "山东省", "entity_label": "Province", "occurrence": 0}\n'
        '{"entity_text": "济宁", "entity_label": "City", "occurrence": 1}',
        [PROVINCE, CITY],
        CLEAN,
        id="occurrence-none-for-a-completed-parent",
    ),
    pytest.param(
        "occurrence",
        "power",
        "北京市投诉",
        '{"entity_text": "北京市", "entity_label": "Province", "occurrence": 0}\n'
        '{"entity_text": "北京", "entity_label": "City", "occurrence": 1}',
        [("Province", "北京市"), ("City", 0, 3)],
        CLEAN,
        id="occurrence-none-although-the-sentence-says-it",
    ),
    pytest.param(
        "occurrence",
        "power",
        "济宁市和济宁投诉",
        '{"entity_text": "济宁", "entity_label": "City", "occurrence": 2}',
        [("City", 4, 6)],
        CLEAN,
        id="occurrence-counts-both-forms",
    ),
    tour(
        "occurrence",
        '[{"entity_text": "上海", "entity_label": "地理实体", "occurrence": 2}]',
        [LAST_SHANGHAI],
        REPAIRED,
        id="occurrence-array",
    ),
    tour(
        "occurrence",
        "{'entity_text': '上海', 'entity_label': 'GPE', 'occurrence': '2'}",
        [LAST_SHANGHAI],
        REPAIRED,
        id="occurrence-in-quotes",
    ),
    tour(
        "occurrence",
        '{"entity_text": "北京", "entity_label": "地理实体"}\n'
        '{"entity_text": "上海", "entity_label": "地理实体"}',
        [BEIJING, LAST_SHANGHAI],
        REPAIRED,
        id="occurrence-not-said",
    ),
    news(
        "occurrence",
        '{"entity_text": "太湖", "entity_label": "地点", "occurrence": 3}',
        [LAKE],
        CLEAN_OR_REPAIRED,
        id="occurrence-too-high-for-the-only-mention",
    ),
    news(
        "occurrence",
        '{"entity_text": "太湖", "entity_label": "地点", "occurrence": 0}',
        [LAKE],
        CLEAN_OR_REPAIRED,
        id="occurrence-none-for-what-cannot-be-completed",
    ),
    news(
        "occurrence",
        '{"entity_text": "太湖", "entity_label": "地点", "occurrence": null}\n'
        '{"entity_text": "林晓梅", "entity_label": "人名", "occurrence": -1}',
        [LAKE, REPORTER],
        REPAIRED,
        id="occurrence-no-number",
    ),
    news(
        "occurrence",
        '{"entity_text": "太湖", "entity_label": "地点", "occurrence": ' + "9" * 5_000 + "}",
        [LAKE],
        CLEAN_OR_REPAIRED,
        id="occurrence-of-five-thousand-digits",
    ),
    tour(
        "occurrence",
        '{"entity_text": "上海", "entity_label": "地理实体", "occurrence": 1}\n'
        '{"entity_text": "上海", "entity_label": "地理实体", "occurrence": 1}',
        [FIRST_SHANGHAI],
        REPAIRED,
        id="occurrence-the-same-twice",
    ),
    news(
        "occurrence",
        '{"entity_text": "洪泽湖", "entity_label": "地点", "occurrence": 1}',
        [("LOC", "洪泽湖")],
        CLEAN,
        id="occurrence-of-a-value-that-the-sentence-does-not-say",
    ),
    tour(
        "occurrence",
        '{"entity_text": "上海", "entity_label": "地理实体", "occurrence": 2}\n'
        '{"entity_text": "北京", "entity_label": "地理实',
        [LAST_SHANGHAI],
        SALVAGED,
        id="occurrence-cut-in-the-label",
    ),
    news(
        "occurrence",
        '{"entity_text": "太湖", "entity_label": "地点", "occurrence": 1}\n' * 150
        + '{"entity_text": "太湖", "e',
        [LAKE],
        SALVAGED,
        id="occurrence-a-line-in-a-loop",
    ),
    tour(
        "occurrence",
        '以下是结果：\n```json\n{"entity_text": "上海", "entity_label": "地理实体", "occurrence": 2}\n```',
        [LAST_SHANGHAI],
        REPAIRED,
        id="occurrence-chatter-and-fence",
    ),
    news("occurrence", "没有找到任何实体", [], EMPTY, id="occurrence-nothing"),
]

CASES = [
    *JSON_AROUND,
    *JSON_LAYOUTS,
    *JSON_SYNTAX,
    *JSON_LABELS_AND_VALUES,
    *JSON_CUTS,
    *JSON_NOTHING,
    *XML_AROUND,
    *XML_TAGS,
    *XML_DRIFT,
    *XML_CUTS_AND_NOTHING,
    *BRACKET_CASES,
    *GROUPED_CASES,
    *OCCURRENCE_CASES,
]


def read(name, task, text, answer):
    return load_format(name).decode(answer, text, load_task(task).schema)


def places(entities):
    return Counter((entity.label, *(entity.span or (entity.text,))) for entity in entities)


@pytest.mark.parametrize(("name", "task", "text", "answer", "expected", "outcome"), CASES)
def test_a_broken_answer_gives_what_a_careful_reader_takes_from_it(
    name, task, text, answer, expected, outcome
):
    found = read(name, task, text, answer)
    assert places(found.entities) == Counter(expected)
    assert found.outcome in ((outcome,) if isinstance(outcome, Outcome) else outcome)
    assert len(found.groundings) == len(found.entities)


@pytest.mark.parametrize(
    ("name", "task", "text", "answer", "kinds"),
    [
        ward("json", "", {ProblemKind.NO_ANSWER}, id="json-no-answer"),
        ward("json", f"```json\n{FEVER_LINE}\n```", {ProblemKind.CODE_FENCE}, id="json-code-fence"),
        ward("json", f"<think>看症状。</think>{FEVER_LINE}", {ProblemKind.THINKING}, id="json-thinking"),
        ward("json", f"结果：\n{FEVER_LINE}", {ProblemKind.CHATTER}, id="json-chatter"),
        ward("json", JSON_PROMPT + FEVER_LINE, {ProblemKind.PROMPT_ECHO}, id="json-prompt-echo"),
        ward("json", FEVER_LINE + "<|im_end|>", {ProblemKind.SPECIAL_TOKEN}, id="json-special-token"),
        ward("json", f"[{FEVER_LINE}]", {ProblemKind.OTHER_LAYOUT}, id="json-array"),
        ward(
            "json", '{"text": "高热", "label": "临床表现"}', {ProblemKind.OTHER_LAYOUT}, id="json-other-keys"
        ),
        ward("json", FEVER_LINE + DRUG_LINE, {ProblemKind.OTHER_LAYOUT}, id="json-glued-objects"),
        ward(
            "json",
            "{'entity_text': '高热', 'entity_label': '临床表现'}",
            {ProblemKind.JSON_REPAIRED},
            id="json-repaired",
        ),
        ward(
            "json",
            '```json\n[{"text": "高热", "label": "症状",}]\n```',
            {ProblemKind.CODE_FENCE, ProblemKind.JSON_REPAIRED, ProblemKind.LABEL_VARIANT},
            id="json-several-at-once",
        ),
        ward("json", WARD_XML, {ProblemKind.OTHER_FORMAT}, id="json-tagged-answer"),
        news(
            "json",
            '{"entity_text": "太湖", "entity_label": "location"}',
            {ProblemKind.LABEL_VARIANT},
            id="json-label-variant",
        ),
        news(
            "json",
            '{"entity_text": "太湖", "entity_label": "景点"}',
            {ProblemKind.UNKNOWN_LABEL},
            id="json-unknown-label",
        ),
        ward(
            "json",
            '{"entity_text": "", "entity_label": "疾病"}\n' + FEVER_LINE,
            {ProblemKind.EMPTY_VALUE},
            id="json-empty-value",
        ),
        ward(
            "json",
            '{"confidence": 0.9}\n' + FEVER_LINE,
            {ProblemKind.BAD_OBJECT},
            id="json-object-that-names-nothing",
        ),
        ward("json", FEVER_LINE + '\n{"entity_text": "肺', {ProblemKind.CUT_OFF}, id="json-cut-off"),
        news("json", f"{LAKE_LINE}\n{LAKE_LINE}", {ProblemKind.REPEATED}, id="json-repeated"),
        news(
            "json",
            '{"entity_text": "洪泽湖", "entity_label": "地点"}',
            {ProblemKind.NOT_IN_TEXT},
            id="json-not-in-text",
        ),
        ward("xml", f"```xml\n{WARD_XML}\n```", {ProblemKind.CODE_FENCE}, id="xml-code-fence"),
        ward("xml", f"{WARD}\n{WARD_XML}", {ProblemKind.PROMPT_ECHO}, id="xml-echo-of-the-sentence"),
        ward(
            "xml",
            WARD.replace("高热", "< 临床表现 >高热</ 临床表现 >"),
            {ProblemKind.TAG_VARIANT},
            id="xml-tag-variant",
        ),
        ward(
            "xml",
            WARD.replace("高热", "<症状>高热</症状>"),
            {ProblemKind.LABEL_VARIANT},
            id="xml-label-variant",
        ),
        ward(
            "xml",
            WARD.replace("患儿", "<人群>患儿</人群>"),
            {ProblemKind.UNKNOWN_LABEL},
            id="xml-unknown-label",
        ),
        ward(
            "xml",
            WARD.replace("肺炎", "<疾病><身体>肺炎</疾病></身体>"),
            {ProblemKind.CROSSED_TAGS},
            id="xml-crossed-tags",
        ),
        ward("xml", WARD_XML.replace("治疗", "治疗</疾病>"), {ProblemKind.BAD_TAG}, id="xml-bad-tag"),
        ward(
            "xml",
            WARD_XML.replace("两天", "<疾病></疾病>两天"),
            {ProblemKind.EMPTY_VALUE},
            id="xml-empty-value",
        ),
        ward("xml", WARD_XML.replace("两天", "三天"), {ProblemKind.TEXT_DRIFT}, id="xml-text-drift"),
        ward(
            "xml",
            WARD.replace("高热", "<临床表现>惊厥</临床表现>"),
            {ProblemKind.NOT_IN_TEXT},
            id="xml-not-in-text",
        ),
        ward("xml", WARD_XML[:40], {ProblemKind.CUT_OFF}, id="xml-cut-off"),
        ward("bracket", WARD_BRACKET[:30], {ProblemKind.CUT_OFF}, id="bracket-cut-off"),
        ward(
            "bracket",
            WARD.replace("患儿", "[患儿|人群]"),
            {ProblemKind.UNKNOWN_LABEL},
            id="bracket-unknown-label",
        ),
        news(
            "grouped",
            '{"地点": ["太湖"], "事件": ["采访"]}',
            {ProblemKind.UNKNOWN_LABEL},
            id="grouped-unknown-label",
        ),
        tour(
            "occurrence",
            '{"entity_text": "北京", "entity_label": "地理实体", "occurrence": 1}\n' * 2,
            {ProblemKind.REPEATED},
            id="occurrence-repeated",
        ),
    ],
)
def test_what_was_dropped_or_mended_is_named(name, task, text, answer, kinds):
    assert kinds <= {problem.kind for problem in read(name, task, text, answer).problems}


@pytest.mark.parametrize(
    ("name", "task", "text", "answer"),
    [
        ward("json", WARD_GROUPED, id="json-grouped"),
        news("grouped", LAKE_LINE, id="grouped-json-lines"),
        news("occurrence", LAKE_LINE, id="occurrence-json-lines"),
    ],
)
def test_json_in_the_arrangement_of_another_format_is_said_to_be_other(name, task, text, answer):
    kinds = {problem.kind for problem in read(name, task, text, answer).problems}
    assert kinds & {ProblemKind.OTHER_FORMAT, ProblemKind.OTHER_LAYOUT}


@pytest.mark.parametrize(
    ("name", "task", "text", "answer", "grounding"),
    [
        news("json", LAKE_LINE, Grounding.EXACT, id="said-once"),
        tour(
            "json",
            '{"entity_text": "上海", "entity_label": "地理实体"}',
            Grounding.AMBIGUOUS,
            id="said-twice-and-stated-once",
        ),
        tour(
            "occurrence",
            '{"entity_text": "上海", "entity_label": "地理实体", "occurrence": 2}',
            Grounding.EXACT,
            id="said-twice-and-counted",
        ),
        query(
            "json",
            '{"entity_text": "济宁", "entity_label": "City"}',
            Grounding.NORMALISED,
            id="normalised-by-the-task",
        ),
        pytest.param(
            "json",
            "cmeee",
            LAB,
            '{"entity_text": "ｃｒｐ", "entity_label": "医学检验项目"}',
            Grounding.NORMALISED,
            id="other-width-and-case",
        ),
        pytest.param(
            "json",
            "ccfbdci",
            "他去过江北东风机械厂",
            '{"entity_text": "江北东风械厂", "entity_label": "组织"}',
            Grounding.FUZZY,
            id="one-character-dropped",
        ),
        pytest.param(
            "json",
            "power",
            "鄄城县供电公司投诉",
            '{"entity_text": "郓城县供电公司", "entity_label": "Company"}',
            Grounding.INFERRED,
            id="completed",
        ),
        pytest.param(
            "json",
            "power",
            "东河镇中心供电所意见",
            '{"entity_text": "西河镇中心供电所", "entity_label": "Substation"}',
            Grounding.HALLUCINATED,
            id="not-said",
        ),
    ],
)
def test_an_entity_tells_how_it_was_found(name, task, text, answer, grounding):
    assert read(name, task, text, answer).groundings == (grounding,)


@pytest.mark.parametrize(
    ("answer", "value", "text"),
    [
        pytest.param('{"entity_text": "ｃｒｐ", "entity_label": "医学检验项目"}', "CRP", LAB, id="width"),
    ],
)
def test_a_value_that_was_mended_is_the_one_that_the_sentence_says(answer, value, text):
    assert [entity.text for entity in read("json", "cmeee", text, answer).entities] == [value]


@pytest.mark.parametrize("label", ["地点", "LOC", "Location", "loc", "地名", "“地点”", "ＬＯＣ", "位置"])
@pytest.mark.parametrize("name", ["json", "grouped"])
def test_a_label_may_be_named_in_many_ways(name, label):
    lines = {
        "json": f'{{"entity_text": "太湖", "entity_label": "{label}"}}',
        "grouped": f'{{"{label}": ["太湖"]}}',
    }
    assert places(read(name, "ccfbdci", NEWS, lines[name]).entities) == Counter([LAKE])


@pytest.mark.parametrize("label", ["景点", "地", "湖泊", "LOCATIONS OF INTEREST", "O", "实体类型", ""])
@pytest.mark.parametrize("name", ["json", "grouped"])
def test_an_unknown_label_is_never_taken_for_a_known_one(name, label):
    lines = {
        "json": f'{{"entity_text": "太湖", "entity_label": "{label}"}}',
        "grouped": f'{{"{label}": ["太湖"]}}',
    }
    found = read(name, "ccfbdci", NEWS, lines[name])
    assert (found.entities, found.outcome in (REPAIRED, UNPARSABLE)) == ((), True)


@pytest.mark.parametrize("cut", range(1, len(FEVER_LINE)))
def test_the_entity_before_a_cut_is_kept_wherever_the_cut_is(cut):
    found = read("json", "cmeee", WARD, f"{PNEUMONIA_LINE}\n{FEVER_LINE[:cut]}")
    assert found.entities[0].span == PNEUMONIA[1:]
    if cut <= FEVER_LINE.index("现"):
        assert (len(found.entities), found.outcome) == (1, SALVAGED)


@pytest.mark.parametrize("name", ["xml", "bracket"])
@pytest.mark.parametrize("share", [0.3, 0.45, 0.6, 0.75, 0.9])
def test_an_inline_answer_that_was_cut_keeps_its_whole_entities(name, share):
    whole = {"xml": WARD_XML, "bracket": WARD_BRACKET}[name]
    answer = whole[: int(len(whole) * share)]
    found = read(name, "cmeee", WARD, answer)
    kept = places(found.entities)
    assert kept <= places(read(name, "cmeee", WARD, whole).entities)
    assert kept[FEVER] == 1
    assert found.outcome is SALVAGED


def test_a_value_with_a_dropped_character_is_placed_but_not_taken_for_what_the_sentence_says():
    answer = '{"entity_text": "阿莫西林拉维酸钾", "entity_label": "药物"}'
    found = read("json", "cmeee", "口服阿莫西林克拉维酸钾", answer)
    assert found.entities == (Entity("dru", "阿莫西林拉维酸钾", 2, 11),)
    assert found.groundings == (Grounding.FUZZY,)
    assert [problem.kind for problem in found.problems] == [ProblemKind.NOT_IN_TEXT]


@pytest.mark.parametrize("answer", ["[]", "{}", " [ ]\n", "[[]]"])
@pytest.mark.parametrize("name", ["json", "grouped", "occurrence", "xml", "bracket"])
def test_an_empty_list_says_that_there_is_nothing_and_no_more(name, answer):
    found = read(name, "cmeee", WARD, answer)
    is_inline = name in ("xml", "bracket")
    assert (found.entities, found.outcome) == ((), EMPTY)
    assert [problem.kind for problem in found.problems] == [ProblemKind.OTHER_FORMAT] * is_inline


def test_of_a_label_that_comes_twice_all_values_are_read():
    found = read("grouped", "cmeee", WARD, '{"疾病": ["高热"], "疾病": ["肺炎"]}')
    assert (places(found.entities), found.outcome) == (Counter({("dis", 2, 4): 1, PNEUMONIA: 1}), CLEAN)


def test_a_task_may_say_who_speaks_in_its_conversations():
    usual = load_task("cmeee").schema
    own = LabelSchema(usual.labels, nested=True, more_words=AnswerWords(turns=("病人家属",)))
    answer = f"{FEVER_LINE}\n病人家属：肺炎是疾病吗"
    found = load_format("json").decode(answer, WARD, own)
    assert places(found.entities) == Counter([FEVER])
    assert ProblemKind.SPECIAL_TOKEN in {problem.kind for problem in found.problems}
    assert ProblemKind.SPECIAL_TOKEN not in {p.kind for p in read("json", "cmeee", WARD, answer).problems}
