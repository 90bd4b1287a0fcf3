"""The page's columns count what ``scores.json`` counts, and hold what was asked for."""

from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from nerforge.evaluation.reports.report_run import ReportOptions, make_report
from nerforge.evaluation.reports.row_columns import KINDS
from nerforge.foundation.errors import UserError
from tests.evaluation import report_case as case


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    case.write_case(folder, case.OTHERS, "b")
    return case.write_case(folder)


def test_units_count_what_the_scores_count_by_label(scored: Path) -> None:
    report, scores = case.report_of(scored), case.scores_of(scored)
    for label, figures in scores.criteria["strict"].per_label.items():
        number = report.head.labels.index(label)
        found = (
            case.count(report, lambda unit, n=number: case.is_right(unit) and unit["label"] == n),
            case.count(report, lambda unit, n=number: unit["gold_label"] == n),
            case.count(report, lambda unit, n=number: unit["label"] == n),
        )
        assert found == (figures.tp, figures.n_gold, figures.n_predicted)


def test_units_count_what_the_scores_count_by_pair(scored: Path) -> None:
    report, confusion = case.report_of(scored), case.scores_of(scored).confusion
    labels = report.head.labels
    for gold in labels:
        n = labels.index(gold)
        for m, label in enumerate(labels):
            found = case.count(report, lambda u, n=n, m=m: (u["gold_label"], u["label"]) == (n, m))
            assert found == confusion.pairs.get(gold, {}).get(label, 0)
        assert case.count(report, lambda u, n=n: (u["gold_label"], u["label"]) == (n, -1)) == (
            confusion.missed.get(gold, 0)
        )
        assert case.count(report, lambda u, n=n: (u["gold_label"], u["label"]) == (-1, n)) == (
            confusion.spurious.get(gold, 0)
        )


def test_units_count_what_the_scores_count_by_slice_of_entities(scored: Path) -> None:
    report, scores = case.report_of(scored), case.scores_of(scored)
    names = [
        name for name in scores.slices if name.split(":")[0] in ("kind", "length", "nesting", "training")
    ]
    assert names
    for name in names:
        sets = {i for i, slices in enumerate(report.head.slice_sets) if name in slices}
        figures = scores.slices[name]
        found = (
            case.count(report, lambda u, s=sets: case.is_right(u) and u["slices"] in s),
            case.count(report, lambda u, s=sets: u["gold_label"] >= 0 and u["gold_slices"] in s),
            case.count(report, lambda u, s=sets: u["label"] >= 0 and u["slices"] in s),
        )
        assert found == (figures.tp, figures.n_gold, figures.n_predicted)


def test_outcomes_and_problems_are_those_of_the_scores(scored: Path) -> None:
    report, scores = case.report_of(scored), case.scores_of(scored)
    outcomes = [report.head.outcomes[n] for chunk in report.chunks for n in chunk.a.outcome]
    assert {name: outcomes.count(name) for name in scores.outcomes} == scores.outcomes
    problems = [
        report.head.problems[kind] for chunk in report.chunks for row in chunk.a.problems for kind, _ in row
    ]
    assert {name: problems.count(name) for name in scores.problems} == scores.problems
    assert {"repaired", "unparsable", "missing", "salvaged"} <= set(outcomes)


def test_the_same_numbers_are_right_without_predictions_or_gold(scored: Path, tmp_path: Path) -> None:
    lone = tmp_path / "alone" / "deep" / "a.json"
    lone.parent.mkdir(parents=True)
    lone.write_bytes(scored.read_bytes())
    made = make_report(ReportOptions(source=lone, task="ccfbdci"))
    scores = case.scores_of(scored)
    n_wrong = sum(1 for right in scores.samples.exact_match if not right)
    assert made.report.head.a.n_rows == n_wrong
    assert any("pass --gold" in note for note in made.notes)
    with_gold = case.report_of(lone, gold=scored.parent / "test.jsonl")
    assert with_gold.head.a.n_rows == scores.n_samples
    assert case.count(with_gold, case.is_right) == scores.criteria["strict"].micro.tp


def test_another_gold_file_is_refused(scored: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"id": "a", "text": "x", "entities": []}\n', encoding="utf-8")
    with pytest.raises(UserError, match="give the file that was scored"):
        case.report_of(scored, gold=other)


def test_two_systems_stand_side_by_side(scored: Path) -> None:
    report = case.report_of(scored, against=scored.with_name("b.json"))
    (chunk,) = report.chunks
    assert chunk.b is not None
    scores = case.scores_of(scored.with_name("b.json"))
    assert chunk.b.exact == scores.samples.exact_match
    assert [row.criterion for row in report.head.paired] == ["strict", "exact_match"]
    assert report.head.paired[0].b == pytest.approx(scores.criteria["strict"].micro.f1)


def test_without_text_nothing_of_sentences_ids_answers_and_values_is_left(scored: Path) -> None:
    report = case.report_of(scored, no_text=True, against=scored.with_name("b.json"))
    data = msgspec.json.encode([report.head, report.chunks]).decode()
    words = (
        "王芳",
        "济南",
        "山东大学",
        "火星",
        "onerror",
        "window",
        "星球",
        ".jsonl",
        ".json",
        "who-where",
        "web",
    )
    assert [word for word in words if word in data] == []
    assert len(report.chunks[0].hash) == len(case.TEXTS)


def test_without_text_neither_notes_nor_plain_hashes_give_a_value_away(scored: Path, tmp_path: Path) -> None:
    lone = tmp_path / "alone" / "deep" / "patient-17.json"
    lone.parent.mkdir(parents=True)
    lone.write_bytes(scored.read_bytes())
    report = case.report_of(lone, no_text=True)
    data = msgspec.json.encode([report.head, report.chunks]).decode()
    assert "patient" not in data and "jsonl" not in data
    # A name is short enough to be found by hashing all names, if nothing else goes into its hash.
    hashed = [sha256(word.encode()).hexdigest()[:12] for word in ("王芳", "李明", "label", "山东大学")]
    assert [one for one in hashed if one in data] == []
    assert report.head.a.notes[0] == ("no_predictions", "–")


def test_without_text_figures_and_slices_are_the_same(scored: Path) -> None:
    shown, hidden = case.report_of(scored), case.report_of(scored, no_text=True)
    figures = [list(report.head.a.scores["slices"].values()) for report in (shown, hidden)]
    assert figures[0] == figures[1]
    assert sum(name.startswith("template:") for name in hidden.head.a.scores["slices"]) == 2
    names = {name for names in hidden.head.slice_sets for name in names if name.startswith("template:")}
    assert names == {n for n in hidden.head.a.scores["slices"] if n.startswith("template:")}


def test_training_says_how_it_labels_the_surface_of_an_error(scored: Path) -> None:
    training = case.report_of(scored).training
    assert training is not None
    assert training.uses["曲阜"].labels == {"LOC": 1}
    assert training.text[training.uses["曲阜"].labelled["LOC"][0]] == "王芳到曲阜"


def test_findings_of_an_audit_are_taken(scored: Path, tmp_path: Path) -> None:
    findings = tmp_path / "audit.jsonl"
    findings.write_text(
        '{"id": "right", "rank": 1, "kind": "label", "reason": "elsewhere GPE"}\n', encoding="utf-8"
    )
    assert case.report_of(scored, audit=findings).head.findings["right"][0]["kind"] == "label"
    findings.write_text('{"id": 3}\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"audit\.jsonl:1"):
        case.report_of(scored, audit=findings)


def test_each_kind_of_error_has_its_place_in_the_columns(scored: Path) -> None:
    report = case.report_of(scored)
    kinds = {KINDS[unit["kind"]] for chunk in report.chunks for unit in case.units_of(chunk.a)}
    assert {"right", "missed", "spurious", "label", "boundary"} <= kinds


def test_causes_of_errors_are_those_that_the_scores_count(tmp_path: Path) -> None:
    report = case.report_of(case.write_case(tmp_path, why=True))
    why = case.scores_of(tmp_path / "a.json").why
    assert why is not msgspec.UNSET
    found = {
        cause: case.count(report, lambda u, n=n: u["cause"] == n)
        for n, cause in enumerate(report.head.causes)
    }
    assert found == {cause: figures.n for cause, figures in why.causes.items()}
    assert sum(found.values()) == why.n_errors > 0


def test_causes_are_found_where_the_scores_lack_them_and_training_gold_is_there(tmp_path: Path) -> None:
    with_causes = case.report_of(case.write_case(tmp_path / "a", why=True))
    without = case.write_case(tmp_path / "b", why=False)
    assert case.scores_of(without).why is msgspec.UNSET
    report = case.report_of(without)
    assert report.head.causes == with_causes.head.causes != []
    assert [unit["cause"] for chunk in report.chunks for unit in case.units_of(chunk.a)] == [
        unit["cause"] for chunk in with_causes.chunks for unit in case.units_of(chunk.a)
    ]
