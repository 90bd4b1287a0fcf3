"""The names under which people keep queries, answers and gold in the fields of a row."""

from nerforge.evaluation.prediction_files.prediction_rows import Fields
from nerforge.generators.chat_turns import ASSISTANT, role_of, turn_keys

CERTAIN = (
    "predict", "prediction", "predictions", "pred", "preds", "predicted", "generated_text", "generation",
    "generated", "response", "completion", "model_output", "model_answer", "model_response", "llm_output",
    "reply", "hypothesis", "预测", "预测结果", "模型输出", "模型回答", "模型预测", "回复",
)  # fmt: skip
"""Fields that hold what a model said."""
LIKELY = ("output", "answer", "result", "assistant", "输出", "回答", "答案", "结果")
"""Fields that do so where there is none of ``CERTAIN``; else they may hold gold."""
NEVER = (
    "label", "labels", "gold", "golds", "golden", "gold_answer", "reference", "references", "target",
    "targets", "ground_truth", "groundtruth", "gt", "expected", "expected_output",
    "标签", "标准答案", "参考答案",
)  # fmt: skip
"""Fields that hold gold."""
QUERIES = (
    "sentence", "text", "query", "question", "user", "user_input",
    "句子", "文本", "原文", "问题", "查询", "提问",
    "input", "输入", "prompt", "提示词", "instruction", "指令",
)  # fmt: skip
"""Fields that say what is asked, the nearest to the bare sentence first."""
TURNS = ("messages", "conversations", "conversation", "dialogue", "dialog", "turns")
"""Fields that hold a list of turns."""
IDS = ("id", "custom_id", "sample_id", "uid", "qid", "idx", "index", "编号", "序号")
OTHER_LAYOUTS = frozenset(("messages", "conversations", "request", "choices", "resps", "origin_prompt"))
"""Fields by which rows of other layouts are known."""
KNOWN = frozenset((*QUERIES, *CERTAIN, *LIKELY, *NEVER, *IDS, *TURNS, *OTHER_LAYOUTS))
"""All names that say what a field or a column holds."""


def fold(name: str) -> str:
    """Give a field's name without case, blanks and hyphens."""
    # "Model Output", "model-output" and "**Model Output**" (a Markdown table's head) are model_output.
    return "_".join(name.strip().strip("\ufeff*").casefold().replace("-", "_").split())


def names_by_fold(fields: Fields) -> dict[str, str]:
    """Give the names of fields by their folded form."""
    return {fold(name): name for name in fields}


def has_query(fields: Fields) -> bool:
    """Tell whether a row says what was asked."""
    return not names_by_fold(fields).keys().isdisjoint((*QUERIES, *OTHER_LAYOUTS))


def find_answers(fields: Fields) -> list[str]:
    """Name the fields that may hold the answer, those that surely do alone where there are any."""
    names = names_by_fold(fields)
    certain = [names[name] for name in CERTAIN if name in names]
    return certain or [names[name] for name in LIKELY if name in names]


def find_query(fields: Fields) -> str | None:
    """Name the field that says what is asked, the nearest to the bare sentence."""
    names = names_by_fold(fields)
    found = [names[name] for name in QUERIES if name in names]
    # {"prompt": "...", "input": ""}: alpaca rows leave `input` empty, and the query is in the next field.
    return next((name for name in found if fields[name]), found[0] if found else None)


def turns_field(fields: Fields) -> str | None:
    """Name the field that holds a list of turns."""
    return next((name for name in TURNS if isinstance(fields.get(name), list)), None)


def answer_beside_turns(fields: Fields) -> str | None:
    """Name the field that answers the turns of a row; None where a turn of theirs does."""
    found = find_answers(fields)
    turns = fields[turns_field(fields) or TURNS[0]] if turns_field(fields) else []
    last = turns[-1] if turns and isinstance(turns[-1], dict) else {}
    keys = turn_keys(last)
    is_answered = keys is not None and role_of(last[keys[0]]) == ASSISTANT
    # {"messages": [user, assistant], "output": ...}: the model's turn is in the list, `output` may be gold.
    if not found or (is_answered and fold(found[0]) in LIKELY):
        return None
    return found[0]
