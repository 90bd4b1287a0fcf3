"""The page has a Chinese and an English word for each name, reason and note that its data may hold."""

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.audit.findings import KINDS as AUDIT_KINDS
from nerforge.evaluation.error_analysis.error_reasons import Reason, ReasonCode
from nerforge.evaluation.error_causes.causes import Cause
from nerforge.evaluation.grounding.findings import ChangeKind, MarkKind
from nerforge.evaluation.metrics import slices
from nerforge.evaluation.metrics.criteria import SHIPPED
from nerforge.evaluation.reading.scored_samples import MISSING
from nerforge.evaluation.reports.page_file import PAGE
from nerforge.evaluation.reports.report_sources import NOTES
from nerforge.evaluation.reports.row_columns import KINDS
from nerforge.evaluation.scores.schema import PredictionCounts
from nerforge.templates.domain import EntityKind, Outcome, ProblemKind

_NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(_NODE is None, reason="needs node")
_CHINESE = re.compile("[\u4e00-\u9fff]")


def run_module(script: str, given: object = None) -> Any:
    """Run a script of the page's modules, and give what it assigned to ``found``."""
    code = (
        "import * as words from './src/words.js';"
        "import { NAMES } from './src/names.js';"
        "import { FAULTS, REASONS, sayReason, sayWritten } from './src/reasons.js';"
        f"const given = {json.dumps(given)}; let found; {script}; console.log(JSON.stringify(found));"
    )
    command = [str(_NODE), "--input-type=module", "-e", code]
    done = subprocess.run(command, cwd=PAGE, capture_output=True, text=True, check=True, encoding="utf-8")
    return json.loads(done.stdout)


def _slice_words() -> set[str]:
    groups = set(slices._GROUPS)
    return (
        groups
        | {kind.value for kind in EntityKind}
        | {slices.NOT_IN_TEXT, "seen", "unseen", "flat", "nested"}
    )


def test_every_name_that_data_may_hold_has_words_in_both_languages() -> None:
    expected: dict[str, set[str]] = {
        "kind": set(KINDS),
        "outcome": {*Outcome, MISSING},
        "problem": set(ProblemKind),
        "cause": set(Cause),
        "audit": set(AUDIT_KINDS),
        "change": set(ChangeKind),
        "mark": set(MarkKind),
        "criterion": set(SHIPPED),
        "count": set(PredictionCounts.__struct_fields__),
        "slice": _slice_words(),
    }
    names = run_module("found = NAMES")
    for group, wanted in expected.items():
        assert wanted == set(names[group]), group
    for group in names.values():
        for english, chinese in group.values():
            assert english and _CHINESE.search(chinese) and not _CHINESE.search(english)


def test_words_of_the_page_are_chinese_where_they_are_to_be() -> None:
    same = {"precision", "recall", "f1", "of"}
    for name, (english, chinese) in run_module("found = words.WORDS").items():
        is_sign = not re.search("[a-zA-Z]{2}", english)
        assert name in same or is_sign or name == "language" or _CHINESE.search(chinese), name


def test_reasons_say_the_same_as_the_terminal_and_are_all_translated() -> None:
    assert set(run_module("found = REASONS")) == set(ReasonCode)
    entity = ("GPE", "青岛", 2, 4)
    reasons = [
        Reason(ReasonCode.ANSWER_HAS, entity, ("label", "too_long")),
        Reason(ReasonCode.GOLD_HAS, ("GPE", "青岛", None, None), ("value",)),
        Reason(ReasonCode.ANSWER_HAS_IT, places=((1, 3), None, (5, 7)), n_more=2),
        Reason(ReasonCode.GOLD_HAS_IT, places=(None,)),
        Reason(ReasonCode.TRUNCATED, problem="cut_off", detail='{"威'),
        Reason(ReasonCode.LOST, problem="unknown_label", detail="星球: 曲阜"),
        *(Reason(code) for code in ReasonCode if code not in _WITH_MORE),
    ]
    given = [{key: _plain(value) for key, value in _fields(reason)} for reason in reasons]
    english = run_module("found = given.map(x => sayReason(x))", given)
    for reason, said in zip(reasons, english, strict=True):
        assert said.removeprefix("lost in reading: ") == reason.words()
    chinese = run_module("words.setLanguage('zh'); found = given.map(x => sayReason(x))", given)
    for said in chinese:
        assert _CHINESE.search(said)
        assert re.findall("[a-z]{3,}", said) == []


_WITH_MORE = {
    ReasonCode.ANSWER_HAS,
    ReasonCode.GOLD_HAS,
    ReasonCode.ANSWER_HAS_IT,
    ReasonCode.GOLD_HAS_IT,
    ReasonCode.TRUNCATED,
    ReasonCode.LOST,
    ReasonCode.LOST_SOMEWHERE,
    ReasonCode.ANSWER_OVERLAPS,
    ReasonCode.GOLD_OVERLAPS,
}


def _fields(reason: Reason) -> list[tuple[str, Any]]:
    return [(name, getattr(reason, name)) for name in reason.__struct_fields__ if getattr(reason, name)]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def test_notes_are_the_same_sentences_as_in_the_terminal() -> None:
    notes = run_module("found = words.NOTES")
    assert {name: english for name, (english, _) in notes.items()} == NOTES
    said = run_module("words.setLanguage('zh'); found = words.sayNote(given)", ["no_gold", "test.jsonl", 7])
    assert "test.jsonl" in said and "7" in said and _CHINESE.search(said)


_WRITTEN = [
    "the CRF of the other folds reads it so, 12 times as probable",
    "the CRF of the other folds reads it so",
    "the CRF of the other folds finds it over 1,000 times as probable",
    "the characters at the edges fit the proposal over 1,000 times better",
    "predicted so by 词典",
    "3 near duplicates have it so, 1 as gold",
    "edges as proposed 4 times elsewhere, as in gold 1",
    "elsewhere 青岛 is GPE 4 times and not labelled 1 times",
    "elsewhere 青岛 is not labelled 4 times and GPE 1 times",
    "elsewhere 青岛 is GPE 4 times and LOC 1 times",
    "elsewhere GPE is 青岛 4 times and 青岛港 1 times",
    "weak evidence only",
    "the table's name for it (fuzzy)",
    "neither the sentence nor the table has it",
    "no path of the table through '麒麟' has it",
    "no path of the table has all that the answer gives",
    "the answer has '麒麟' there already",
    "'麒麟供电所' is in 山东省/菏泽",
    "at the limit of new tokens",
    "the row holds only the beginning of the sentence",
]


def test_sentences_of_audit_and_grounding_are_said_in_chinese() -> None:
    assert run_module("found = given.map(x => sayWritten(x))", _WRITTEN) == _WRITTEN
    chinese = run_module("words.setLanguage('zh'); found = given.map(x => sayWritten(x))", _WRITTEN)
    for said, before in zip(chinese, _WRITTEN, strict=True):
        assert re.findall("[a-z]{3,}", said) == [], before
        assert [
            part for part in re.findall("[0-9,]+[0-9]|[0-9]|青岛港|麒麟", before) if part not in said
        ] == []


def test_every_sentence_that_audit_and_grounding_write_has_its_pattern() -> None:
    root = Path(PAGE).parents[1]
    written = [
        *_written_in(root / "audit/reasons.py", (ast.Yield, ast.Return, ast.BoolOp)),
        *(
            one
            for path in sorted((root / "grounding/mending").glob("*.py"))
            for one in _written_in(path, (ast.Call, ast.Assign))
        ),
    ]
    assert len(written) >= 15
    for variants in written:
        said = run_module("words.setLanguage('zh'); found = given.map(x => sayWritten(x))", variants)
        assert any(not re.search("[a-z]{3,}", one) for one in said), variants


def _written_in(path: Path, kinds: tuple[type[ast.AST], ...]) -> Iterator[list[str]]:
    """Yield each sentence that a module writes, with several values in its places."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, kinds):
            continue
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") not in ("change", "add"):
            continue
        for child in ast.iter_child_nodes(node):
            variants = [
                _filled(child, value) for value in ("7", "", ", 7 times as probable", " 7 times as probable")
            ]
            if variants[0].count(" ") >= 2:
                yield variants


def _filled(node: ast.AST, value: str) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(str(x.value) if isinstance(x, ast.Constant) else value for x in node.values)
