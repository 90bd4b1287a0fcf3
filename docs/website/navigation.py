"""What stands where on the site: sections, pages and their titles in both languages."""

from collections.abc import Iterable
from typing import NamedTuple


class Section(NamedTuple):
    """A section of the navigation with its pages, by path on the site without the ending."""

    en: str
    zh: str
    pages: tuple[tuple[str, str, str], ...]
    """Path, English title, Chinese title."""


NAVIGATION: tuple[Section, ...] = (
    Section("Start", "开始", (("index", "NERForge", "NERForge"), ("comparison", "Which tool", "选哪个工具"))),
    Section(
        "Guides",
        "指南",
        (
            ("guides/power", "Power data", "电力数据"),
            ("guides/corpus", "My corpus", "我的语料"),
            ("guides/tables", "My tables", "我的表格"),
            ("guides/gpu", "Train on a GPU", "用一块显卡训练"),
            ("guides/gpus", "Train on several", "用多块显卡训练"),
            ("guides/checkpoint", "Which checkpoint", "选哪个检查点"),
            ("guides/other-model", "Score another model", "给别的模型打分"),
            ("guides/label-tools", "Label tools and back", "标注工具往返"),
            ("guides/gate", "CI gate", "持续集成门槛"),
            ("guides/serving", "Serve what you trained", "部署训练好的模型"),
        ),
    ),
    Section("Concepts", "概念", (("concepts", "Ideas and formulas", "概念与公式"),)),
    Section(
        "Data",
        "数据",
        (
            ("generating", "Generating", "生成"),
            ("corpora", "Corpora", "语料"),
            ("layouts", "Layouts", "文件布局"),
            ("convert", "Converting", "转换"),
            ("doctor", "The doctor", "检查"),
            ("data_page", "The data page", "数据页"),
            ("audit", "Errors of gold", "找出标注错误"),
            ("labelling", "Labelling", "标注"),
        ),
    ),
    Section(
        "Training",
        "训练",
        (
            ("training", "Training", "训练"),
            ("launching", "Launching", "启动"),
            ("estimates", "Memory and time", "显存与时间"),
            ("tracking", "Tracking", "实验跟踪"),
        ),
    ),
    Section(
        "Answers",
        "预测",
        (
            ("predicting", "Predicting", "预测"),
            ("constraints", "Constraints", "约束解码"),
            ("grounding", "Grounding", "对照表格"),
        ),
    ),
    Section(
        "Scores",
        "打分",
        (
            ("scoring", "Scoring", "打分"),
            ("why", "Why errors happen", "错误的原因"),
            ("report", "The report", "报告"),
            ("confidence", "Confidence", "置信度"),
            ("curve", "More labels", "更多标注"),
        ),
    ),
    Section(
        "Reference",
        "参考",
        (
            ("reference/commands", "Commands", "命令"),
            ("configuration", "Configuration", "配置"),
            ("ci", "CI", "持续集成"),
            ("reference/recipes", "Recipes and layers", "配方与层"),
            ("reference/environment", "Environment variables", "环境变量"),
            ("reference/scores", "scores.json", "scores.json"),
            ("reference/manifest", "manifest.json", "manifest.json"),
            ("python", "Python: a tour", "Python 入门"),
            ("reference/python", "Python: all names", "Python 全部接口"),
            ("reference/codes", "Codes of the doctor", "检查代码"),
        ),
    ),
    Section("Troubleshooting", "排错", (("troubleshooting", "By message", "按提示查找"),)),
    Section(
        "Measured",
        "实测",
        (("board", "The board", "榜单"), ("settings", "Settings compared", "设置比较")),
    ),
    Section(
        "Changes",
        "变更",
        (("upgrading", "Upgrading", "升级"), ("more/CHANGELOG", "Changelog", "变更记录（英文）")),
    ),
)


Nav = list[dict[str, list[str | dict[str, str]]]]
"""The navigation as MkDocs takes it: sections of pages; one without a title is called as its heading."""
_OTHERS = {"en": "More", "zh": "其他"}


def nav_of(language: str, pages: Iterable[str]) -> Nav:
    """Give the navigation.

    Args:
        language: Its language.
        pages: All pages of ``docs/``, by path without the ending; what is named nowhere stands at the end.
    """
    nav: Nav = [
        {
            (section.zh if language == "zh" else section.en): [
                {(zh if language == "zh" else en): f"{path}.md"} for path, en, zh in section.pages
            ]
        }
        for section in NAVIGATION
    ]
    named = {path for section in NAVIGATION for path, _, _ in section.pages}
    if others := sorted(set(pages) - named):
        nav.append({_OTHERS[language]: [f"{path}.md" for path in others]})
    return nav
