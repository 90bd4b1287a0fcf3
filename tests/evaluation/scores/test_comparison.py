import json
from pathlib import Path
from typing import Any

import pytest

from nerforge.evaluation.reading.wrong_samples import NamedEntity
from nerforge.evaluation.scores.comparison import ComparisonReport, changed_sentences, compare_files, judge
from nerforge.evaluation.scores.score_file import GoldSettings, read_head, refuse_foreign, require_same_gold
from nerforge.foundation.errors import UsageError, UserError

GOLD: list[dict[str, Any]] = [{"label": "PER", "text": "王芳", "start": 0, "end": 2}]
NAMED = [NamedEntity(**entity) for entity in GOLD]


def scores(right: str, *, gold: str = "a" * 64, task: str = "ccfbdci") -> dict[str, Any]:
    """Score sentences of one entity each, ``1`` for right, ``0`` for wrong, ``-`` for not predicted."""
    ids = [f"s{i}" for i in range(len(right))]
    tp, n_predicted = [int(c == "1") for c in right], [int(c != "-") for c in right]
    f1 = 2 * sum(tp) / (len(right) + sum(n_predicted))
    counts = {"tp": tp, "n_gold": [1] * len(right), "n_predicted": n_predicted}
    wrong = [{**GOLD[0], "label": "LOC"}]
    return {
        "n_samples": len(right),
        "criteria": {"strict": {"micro": {"f1": f1, "tp": sum(tp)}, "macro_f1": f1}},
        "samples": {"id": ids, "exact_match": tp, "criteria": {"strict": counts, "partial": counts}},
        "errors": [
            {
                "id": i,
                "text": f"王芳{i}",
                "gold": GOLD,
                "predicted": wrong if c == "0" else [],
                "outcome": "clean" if c == "0" else "empty",
                "problems": [],
            }
            for i, c in zip(ids, right, strict=True)
            if c != "1"
        ],
        "settings": {"task": task, "answer_format": "json", "gold_sha256": gold},
        "settings_sha256": "0" * 64,
    }  # fmt: skip


def write(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    rights = ("1" * 30 + "0" * 10, "0" * 4 + "1" * 36, "1" * 20 + "-" * 20)
    return [write(tmp_path / f"{name}.json", scores(r)) for name, r in zip("abc", rights, strict=True)]


def test_every_file_is_compared_with_the_first(files: list[Path]) -> None:
    report = compare_files(files, resamples=2_000)
    assert [(c.a.path.name, c.b.path.name) for c in report.comparisons] == [
        ("a.json", "b.json"),
        ("a.json", "c.json"),
    ]
    assert [system.score for system in report.systems] == pytest.approx([0.75, 0.9, 40 / 60])
    first, second = report.comparisons
    assert first.result.difference == pytest.approx(0.15)
    assert (first.lost, len(first.won)) == (["s0", "s1", "s2", "s3"], 10)
    assert (len(second.lost), second.won) == (10, [])
    assert report.n_samples == 40


def test_holm_runs_over_the_comparisons_made(files: list[Path]) -> None:
    report = compare_files(files, resamples=2_000)
    p_values = [c.result.p for c in report.comparisons]
    low, high = min(p_values), max(p_values)
    assert sorted(c.p_holm for c in report.comparisons) == pytest.approx(
        sorted([2 * low, max(high, 2 * low)])
    )
    assert compare_files(files[:2], resamples=500).comparisons[0].p_holm == pytest.approx(
        compare_files(files[:2], resamples=500).comparisons[0].result.p
    )


def test_all_pairs_and_another_baseline(files: list[Path]) -> None:
    def names(**kwargs: Any) -> list[str]:
        report = compare_files(files, resamples=100, **kwargs)
        return [f"{c.a.path.stem}{c.b.path.stem}" for c in report.comparisons]

    assert names(all_pairs=True) == ["ab", "ac", "bc"]
    assert names(baseline=files[2]) == ["ca", "cb"]
    assert names(baseline=files[1], all_pairs=True) == ["ba", "bc", "ac"]


def test_a_file_does_not_differ_from_itself(files: list[Path]) -> None:
    (comparison,) = compare_files([files[0], files[0]], resamples=200).comparisons
    assert (comparison.result.difference, comparison.result.p, comparison.p_holm) == (0, 1, 1)
    assert (comparison.lost, comparison.won) == ([], [])


def test_exact_match_compares_shares_of_sentences(files: list[Path]) -> None:
    report = compare_files(files, criterion="exact_match", resamples=200)
    assert [system.score for system in report.systems] == pytest.approx([0.75, 0.9, 0.5])


def test_halves_of_the_partial_criterion_count(tmp_path: Path) -> None:
    one, other = scores("11"), scores("11")
    other["samples"]["criteria"]["partial"]["tp"] = [0.5, 1]
    paths = [write(tmp_path / "a.json", one), write(tmp_path / "b.json", other)]
    report = compare_files(paths, criterion="partial", resamples=200)
    assert report.comparisons[0].result.difference == pytest.approx(-0.25)


def test_the_sentences_that_changed_show_both_predictions(files: list[Path]) -> None:
    comparison = compare_files(files, resamples=50).comparisons[0]
    (lost,) = changed_sentences(comparison, comparison.lost[:1])
    assert (lost.id, lost.text, lost.gold, lost.a) == ("s0", "王芳s0", NAMED, NAMED)
    assert lost.b[0].label == "LOC"
    assert (lost.right, lost.outcome, lost.problems, lost.is_incomplete) == ("a", "clean", [], False)
    (won,) = changed_sentences(comparison, comparison.won[-1:])
    assert (won.id, won.right, won.b, won.a[0].label) == ("s39", "b", NAMED, "LOC")


@pytest.mark.parametrize(
    ("gold", "outcome", "kinds"),
    [
        ([], "missing", []),
        ([], "unparsable", ["no_answer"]),
        ([*GOLD, {**GOLD[0], "label": "LOC"}], "salvaged", ["cut_off", "cut_off"]),
    ],
    ids=["missing", "unparsable", "salvaged"],
)
def test_a_wrong_answer_that_names_what_gold_names_says_why_it_is_wrong(
    gold: list[dict[str, Any]], outcome: str, kinds: list[str], files: list[Path], tmp_path: Path
) -> None:
    right, wrong = scores("11"), scores("10")
    problems = [{"kind": kind, "detail": ""} for kind in kinds]
    wrong["errors"][0] |= {
        "gold": gold, "predicted": gold[::-1], "outcome": outcome, "problems": problems,
    }  # fmt: skip
    paths = [write(tmp_path / "right.json", right), write(tmp_path / "wrong.json", wrong)]
    named = [NamedEntity(**entity) for entity in gold]
    (lost,) = changed_sentences(compare_files(paths, resamples=50).comparisons[0], ["s1"])
    assert (lost.right, lost.outcome, lost.problems) == ("a", outcome, list(dict.fromkeys(kinds)))
    assert (lost.is_incomplete, lost.a, lost.b) == (True, named, named[::-1])
    (won,) = changed_sentences(compare_files(paths[::-1], resamples=50).comparisons[0], ["s1"])
    assert (won.right, won.outcome, won.a, won.b) == ("b", outcome, named[::-1], named)


def test_a_sentence_that_no_file_lists_among_its_errors_is_an_error(files: list[Path]) -> None:
    comparison = compare_files(files, resamples=50).comparisons[0]
    with pytest.raises(
        UserError, match=r"b\.json: sample 'z' is wrong but not among the errors; score again"
    ):
        changed_sentences(comparison, ["z"])


def missed(report: ComparisonReport, max_drop: float) -> list[str]:
    verdict = judge(report, max_drop)
    assert verdict is not None
    assert verdict.passed == all(check.passed for check in verdict.checks)
    return [check.path for check in verdict.checks if not check.passed]


@pytest.mark.parametrize(("max_drop", "n"), [(0.0, 1), (0.05, 1), (0.75 - 40 / 60, 0), (0.1, 0)])
def test_a_drop_counts_only_beyond_what_is_allowed(max_drop: float, n: int, files: list[Path]) -> None:
    report = compare_files(files, resamples=50)
    assert missed(report, max_drop) == list(map(str, files[2:][:n]))


def test_a_limit_that_is_no_number_lets_nothing_pass(files: list[Path]) -> None:
    report = compare_files(files, resamples=50)
    assert missed(report, float("nan")) == list(map(str, files[1:]))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (scores("1" * 40, gold="b" * 64), r"x\.json: scored against another gold file \(sha256 bbbb"),
        (scores("1" * 40, task="cmeee"), r"x\.json: scored as task cmeee, .*a\.json as task ccfbdci"),
        (scores("1" * 39), r"x\.json: holds other samples than"),
        ({"criteria": {}}, r"x\.json: .*missing required field.*; expected a file of `nerforge score --out`"),
        ({**scores("1"), "samples": {"id": ["a"], "exact_match": [], "criteria": {}}}, "different lengths"),
    ],
    ids=["gold", "task", "samples", "foreign", "columns"],
)  # fmt: skip
def test_files_that_cannot_be_compared_say_why(
    content: Any, said: str, files: list[Path], tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        compare_files([files[0], write(tmp_path / "x.json", content)])


def test_other_answer_formats_can_be_compared(files: list[Path], tmp_path: Path) -> None:
    other = scores("1" * 40)
    other["settings"]["answer_format"] = "xml"
    assert compare_files([files[0], write(tmp_path / "x.json", other)], resamples=50).comparisons


def test_wrong_calls_are_usage_errors(files: list[Path]) -> None:
    with pytest.raises(UsageError, match="two or more"):
        compare_files(files[:1])
    with pytest.raises(UsageError, match="is none of the files"):
        compare_files(files, baseline=Path("z.json"))
    with pytest.raises(UsageError, match="unknown criterion 'loose'; known: exact, exact_match"):
        compare_files(files, criterion="loose")
    with pytest.raises(UserError, match=r"a\.json: does not hold criterion text; it has: strict, partial"):
        compare_files(files, criterion="text")


def test_a_baseline_must_be_of_the_same_gold(files: list[Path]) -> None:
    head = read_head(files[0])
    require_same_gold(Path("p.jsonl"), GoldSettings("ccfbdci", "a" * 64), files[0], head.settings)
    assert head.main == 0.75
    with pytest.raises(UserError, match=r"p\.jsonl: scored against another gold file"):
        require_same_gold(Path("p.jsonl"), GoldSettings("ccfbdci", "c" * 64), files[0], head.settings)


def test_a_baseline_that_is_no_score_file_says_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x\.json: .*; expected a file of `nerforge score --out`"):
        read_head(write(tmp_path / "x.json", {"a": 1}))
    with pytest.raises(UserError, match=r"x\.json: holds no strict figures"):
        read_head(write(tmp_path / "x.json", {**scores("1"), "criteria": {}}))


def test_only_score_files_are_overwritten(files: list[Path], tmp_path: Path) -> None:
    refuse_foreign(files[0])
    refuse_foreign(tmp_path / "new.json")
    for content in ({"a": 1}, [1], "letter"):
        with pytest.raises(UserError, match=r"x\.json: exists and is no score file; choose another --out"):
            refuse_foreign(write(tmp_path / "x.json", content))
