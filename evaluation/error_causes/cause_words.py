"""What causes are called, and what they mean, in English and Chinese: of the terminal and of the page."""

from typing import NamedTuple

from nerforge.evaluation.error_causes.causes import Cause


class CauseWords(NamedTuple):
    """A name and a sentence without its full stop, in two languages."""

    name: str
    name_zh: str
    meaning: str
    meaning_zh: str


CAUSE_WORDS = {
    Cause.NO_ANSWER: CauseWords("no answer", "没有答案", "the sample has no prediction", "样本没有预测"),
    Cause.TRUNCATED: CauseWords(
        "answer truncated",
        "答案被截断",
        "the answer is truncated before the entity",
        "答案在这个实体之前被截断",
    ),
    Cause.UNPARSABLE: CauseWords(
        "unparsable", "答案无法解析", "no entity could be read from the answer", "从答案里读不出任何实体"
    ),
    Cause.UNKNOWN_LABEL: CauseWords(
        "unknown label",
        "未知标签",
        "the answer uses a label that the task does not have",
        "答案用了任务里没有的标签",
    ),
    Cause.LOST_IN_READING: CauseWords(
        "lost in reading",
        "读取时丢失",
        "the answer says it in a piece that was dropped",
        "答案提到了它，但那一段在读取时被丢弃",
    ),
    Cause.OTHER_MENTION: CauseWords(
        "at another mention",
        "标在了另一处",
        "the answer has the label and value at another mention, where gold has not",
        "答案把同样的标签和值标在了 gold 没有标的另一处",
    ),
    Cause.REPEATED_MENTION: CauseWords(
        "answered at another of its mentions",
        "只答了另一处提及",
        "the answer rightly has the label and value at another mention, and nothing at this one",
        "答案在另一处标对了同样的标签和值，这一处没有标",
    ),
    Cause.NOT_IN_TEXT: CauseWords(
        "not in the sentence",
        "句中没有",
        "the sentence does not say the predicted value there",
        "句子在那里没有说预测的值",
    ),
    Cause.NEAR_DUPLICATE: CauseWords(
        "near duplicate with other gold",
        "近似重复句的金标不同",
        "a training sentence that is nearly the same has other gold",
        "有一个几乎相同的训练句，标注不同",
    ),
    Cause.LABELLED_OTHERWISE: CauseWords(
        "labelled otherwise in training",
        "训练集中另有标法",
        "training mostly gives the words another label, or one where gold has none",
        "训练集多把这些字标成别的标签，或在 gold 不标时标注它们",
    ),
    Cause.MOSTLY_UNLABELLED: CauseWords(
        "mostly unlabelled in training",
        "训练集中多未标注",
        "training mostly leaves the words unlabelled",
        "训练集多不标注这些字",
    ),
    Cause.BOUNDARY_HABIT: CauseWords(
        "boundary habit of training",
        "训练集的边界习惯不同",
        "training mostly draws boundaries as the answer does, or labels the predicted words by themselves",
        "训练集划边界的习惯与答案相同，或单独标注预测的那些字",
    ),
    Cause.NESTED_IN_TRAINING: CauseWords(
        "within or around other spans in training",
        "训练集中与别的实体嵌套",
        "training mostly has the words within, around or across other labelled spans",
        "这些字在训练集中多在别的标注片段之内、包含它们或与之交叉",
    ),
    Cause.AMBIGUOUS: CauseWords(
        "ambiguous in training",
        "训练集中标法不一",
        "training treats the words as gold does here, and otherwise as well",
        "训练集有时按这里的 gold 处理这些字，有时不然",
    ),
    Cause.UNSEEN: CauseWords(
        "unseen in training",
        "训练集中未见",
        "training never labels exactly these words, nor has them as gold does here",
        "训练集从不恰好标注这些字，也没有像这里的 gold 那样出现过",
    ),
    Cause.AS_IN_TRAINING: CauseWords(
        "as in training",
        "与训练集一致",
        "training treats the words as gold does here",
        "训练集对这些字的处理与这里的 gold 一致",
    ),
}
"""The words of each cause, in the order in which causes are looked for."""
