"""What the page of a board says, in each language."""

from typing import NamedTuple


class PageWords(NamedTuple):
    """The words of a page; those in braces are filled in."""

    file: str
    title: str
    part: str
    scores: tuple[str, ...]
    reading: tuple[str, ...]
    settings: tuple[str, ...]
    pairs: tuple[str, ...]
    of_scores: str
    of_reading: str
    of_settings: str
    of_pairs: str
    of_baselines: str
    rows: str


ENGLISH = PageWords(
    file="board.md",
    title="# Board",
    part="## {board}, {part}: {n:,} sentences, {n_gold:,} entities",
    scores=("row", "trained on", "strict F1", "P", "R", "exact", "partial", "type", "text", "text_set"),
    reading=(
        *("row", "clean", "repaired", "salvaged", "empty", "unparsable", "missing"),
        *("rows/s", "training, s"),
    ),
    settings=("row", "asked", "training", "machine", "note"),
    pairs=("row", "against", "difference in strict F1", "95 % interval", "p", "p (Holm)"),
    of_scores="Micro F1 in percent with 95 % intervals of a bootstrap over sentences; P and R are strict.",
    of_reading="How the answers were read, and what they cost. An empty field was not measured.",
    of_settings="How it was made.",
    of_pairs="Paired with the dictionary and the CRF of as many rows (10,000 resamples, seed 0).",
    of_baselines="Baselines: {said}.",
    rows="{n:,} rows",
)
CHINESE = PageWords(
    file="board.zh-CN.md",
    title="# 榜单",
    part="## {board}，{part}：{n:,} 句，{n_gold:,} 个实体",
    scores=("行", "训练行数", "strict F1", "P", "R", "exact", "partial", "type", "text", "text_set"),
    reading=(
        *("行", "clean", "repaired", "salvaged", "empty", "unparsable", "missing"),
        *("行/秒", "训练秒数"),
    ),
    settings=("行", "提问", "训练", "机器", "说明"),
    pairs=("行", "对照", "strict F1 之差", "95 % 区间", "p", "p（Holm）"),
    of_scores="micro F1（百分数），区间为按句子自助抽样的 95 % 区间；P 与 R 按 strict。",
    of_reading="回答读得怎样，花了多少时间。空格表示没有测过。",
    of_settings="怎么得到的。",
    of_pairs="与同样行数的词典和 CRF 成对比较（10,000 次重抽样，种子 0）。",
    of_baselines="基线：{said}。",
    rows="{n:,} 行",
)
LANGUAGE_PAGES = (ENGLISH, CHINESE)
