import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from nerforge.cli import main
from nerforge.cli.ci.check_results import CheckResult, CheckSuite, doctor_suite, gate_suite
from nerforge.cli.ci.junit import junit_xml
from nerforge.cli.ci.markdown import append_summary, escaped, table
from nerforge.cli.ci.summaries import MAX_FINDINGS, doctor_summary
from nerforge.foundation.errors import UserError
from nerforge.llamafactory_configs.checking.findings import Finding
from nerforge.llamafactory_configs.doctor.diagnosis import Diagnosis
from tests.first_minute import SCORE


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def finding(severity: str, place: str = "d/ner.json:3") -> Finding:
    return Finding("D312", severity, place, "half a pair | <b>", "write it anew")  # type: ignore[arg-type]


def diagnosis(*findings: Finding) -> Diagnosis:
    return Diagnosis(list(findings), n_rows=1_200, n_gold=0, tables=[], estimates=[], repairs=[])


def test_errors_fail_warnings_where_they_count_and_notes_never() -> None:
    found = diagnosis(finding("error"), finding("warning"), finding("note", "d"))
    assert [x.passed for x in doctor_suite(found, strict=False).results] == [True, False, True, True]
    assert [x.passed for x in doctor_suite(found, strict=True).results] == [True, False, False, True]
    first, error, *_, note = doctor_suite(found, strict=False).results
    assert (first.name, error.file, error.line) == ("1,200 rows examined", "d/ner.json", 3)
    assert (note.file, note.line) == ("d", None)


def test_junit_counts_and_names_what_failed() -> None:
    root = ElementTree.fromstring(junit_xml(doctor_suite(diagnosis(finding("error")), strict=False)))
    assert (root.tag, root.get("tests"), root.get("failures")) == ("testsuites", "2", "1")
    [suite] = root
    passed, failed = suite
    assert (passed.get("name"), list(passed)) == ("1,200 rows examined", [])
    assert (failed.get("classname"), failed.get("file"), failed.get("line")) == (
        "nerforge.doctor",
        "d/ner.json",
        "3",
    )
    assert failed[0].tag == "failure"
    assert failed[0].get("message") == "half a pair | <b>"
    assert failed[0].text == "half a pair | <b>\nwrite it anew"


@given(st.text(), st.text())
def test_any_text_makes_whole_xml(name: str, message: str) -> None:
    ElementTree.fromstring(
        junit_xml(CheckSuite("nerforge doctor", [CheckResult(name, False, "x", message, name)]))
    )


@given(st.text())
def test_escaped_markdown_is_one_line_without_marks(text: str) -> None:
    shown = escaped(text)
    assert "\n" not in shown
    # What is left of & and # belongs to entities.
    assert not set("\\`*_{}[]()<>+-.!|~@:/") & set(shown)


def test_a_table_keeps_its_columns_whatever_the_labels() -> None:
    assert table(("label", "F1"), [("a|b", "90.0"), ("[x](http://y)", "1")]) == [
        "| label | F1 |",
        "| --- | ---: |",
        "| a&#124;b | 90&#46;0 |",
        "| &#91;x&#93;&#40;http&#58;&#47;&#47;y&#41; | 1 |",
    ]


def test_a_summary_of_many_findings_counts_the_rest() -> None:
    found = diagnosis(*[finding("error")] * (MAX_FINDINGS + 7))
    lines = list(doctor_summary(found, doctor_suite(found, strict=False)))
    assert lines[0] == f"### ❌ nerforge doctor: {MAX_FINDINGS + 7} errors, 0 warnings, 0 notes"
    assert lines[-1] == "7 more are not shown here."
    assert "half a pair &#124; &#60;b&#62;" in lines[6]


def test_a_summary_is_appended_and_its_folder_has_to_be_there(tmp_path: Path) -> None:
    for line in ("one", "两"):
        append_summary(tmp_path / "s.md", [line])
    assert (tmp_path / "s.md").read_text(encoding="utf-8") == "one\n\n两\n\n"
    with pytest.raises(UserError, match="cannot be written"):
        append_summary(tmp_path / "no" / "s.md", ["x"])


def test_a_score_without_limits_is_one_check_that_passed() -> None:
    suite = gate_suite("nerforge score", None, "strict micro F1 84.4 %")
    assert [(x.name, x.passed) for x in suite.results] == [("strict micro F1 84.4 %", True)]


@pytest.mark.whole
def test_a_missed_gate_stands_in_all_files_and_exits_with_3(tmp_path: Path) -> None:
    junit, summary = tmp_path / "scores.xml", tmp_path / "summary.md"
    done = run(
        "score", *SCORE, "--bootstrap", 50, "--fail-under", 0.9, "--junit", junit, "--summary", summary
    )
    assert done.exit_code == 3
    [case] = ElementTree.parse(junit).getroot()[0]
    assert case.get("name") == "--fail-under 0.9"
    assert case[0].get("message") == "strict micro F1 0.8438 is below --fail-under 0.9"
    shown = summary.read_text(encoding="utf-8")
    assert shown.startswith(
        "### ❌ nerforge score: strict micro F1 84.4 %\n\n- ❌ strict micro F1 0&#46;8438 is below"
    )
    assert "| micro | 87&#46;1 | 81&#46;8 | 84&#46;4 |" in shown
    assert shown.rstrip().endswith(
        "20 samples; answers: 10 clean, 5 repaired, 1 salvaged, 3 empty, 1 unparsable."
    )


@pytest.mark.whole
def test_compare_and_doctor_write_the_same_kinds_of_files(tmp_path: Path) -> None:
    scores = tmp_path / "a.json"
    assert run("score", *SCORE, "--bootstrap", 0, "--out", scores).exit_code == 0
    args = ("--junit", tmp_path / "c.xml", "--summary", tmp_path / "s.md")
    done = run("compare", scores, scores, "--resamples", 10, "--max-drop", 0.1, *args)
    assert done.exit_code == 0, done.stderr
    assert ElementTree.parse(tmp_path / "c.xml").getroot().get("failures") == "0"
    assert "### ✅ nerforge compare: strict" in (tmp_path / "s.md").read_text(encoding="utf-8")
    gold = tmp_path / "gold.jsonl"
    entity = {"label": "PER", "text": "王芳", "start": 1, "end": 3}
    gold.write_text(json.dumps({"id": "a", "text": "王芳", "entities": [entity]}), encoding="utf-8")
    done = run("doctor", gold, *args)
    assert done.exit_code == 1
    assert ElementTree.parse(tmp_path / "c.xml").getroot().get("failures") != "0"
    assert "### ❌ nerforge doctor: " in (tmp_path / "s.md").read_text(encoding="utf-8")
