import pytest

from nerforge.evaluation.error_analysis.error_selection import ErrorFilter, select_errors
from nerforge.evaluation.error_analysis.sample_errors import ErrorKind, SpanMark, find_errors
from nerforge.evaluation.reading.wrong_samples import FoundProblem, NamedEntity, WrongSample
from nerforge.foundation.errors import UserError

TEXT = "外交部长王毅在北京大学附属医院会见王毅"
MINISTRY = NamedEntity("ORG", "外交部", 0, 3)
WANG = NamedEntity("PER", "王毅", 4, 6)
LAST_WANG = NamedEntity("PER", "王毅", 17, 19)
UNIVERSITY = NamedEntity("ORG", "北京大学", 7, 11)


def wrong(
    gold: list[NamedEntity],
    predicted: list[NamedEntity],
    *problems: tuple[str, str],
    outcome: str = "clean",
    output: str | None = "",
) -> WrongSample:
    found = [FoundProblem(*problem) for problem in problems]
    return WrongSample("s", TEXT, gold, predicted, outcome, found, output)


def told(sample: WrongSample) -> list[tuple[str, str, str]]:
    return [(error.side, error.kind.value, error.reason) for error in find_errors(sample).errors]


@pytest.mark.parametrize(
    ("predicted", "kind", "missed", "spurious"),
    [
        (
            NamedEntity("LOC", "北京大学", 7, 11),
            "label",
            "the answer has LOC 北京大学 7-11: wrong label",
            "gold has ORG 北京大学 7-11: wrong label",
        ),
        (
            NamedEntity("ORG", "北京", 7, 9),
            "boundary",
            "the answer has ORG 北京 7-9: wrong boundary, too short",
            "gold has ORG 北京大学 7-11: wrong boundary, too short",
        ),
        (
            NamedEntity("LOC", "大学附属医院", 9, 15),
            "label_and_boundary",
            "the answer has LOC 大学附属医院 9-15: wrong label and wrong boundary, shifted",
            "gold has ORG 北京大学 7-11: wrong label and wrong boundary, shifted",
        ),
        (
            NamedEntity("ORG", "北大", 7, 11),
            "value",
            "the answer has ORG 北大 7-11: wrong value",
            "gold has ORG 北京大学 7-11: wrong value",
        ),
    ],
    ids=["label", "boundary", "both", "value"],
)
def test_a_pair_is_told_from_both_sides(
    predicted: NamedEntity, kind: str, missed: str, spurious: str
) -> None:
    sample = wrong([UNIVERSITY], [predicted])
    assert told(sample) == [("missed", kind, missed), ("spurious", kind, spurious)]


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        (wrong([WANG], []), "the answer has no entity here"),
        (wrong([NamedEntity("PER", "李四")], []), "not in the answer"),
        (
            wrong([WANG, UNIVERSITY, NamedEntity("GPE", "北京", 7, 9)], [WANG, UNIVERSITY]),
            "overlaps ORG 北京大学 7-11 of the answer",
        ),
        (wrong([WANG], [], outcome="missing", output=None), "there is no answer"),
        (wrong([WANG], [], outcome="unparsable", output="不知道"), "the answer is unparsable"),
        (wrong([WANG], [], ("unknown_label", "职务: 王毅")), "unknown label: 职务: 王毅"),
        (wrong([WANG], [], ("cut_off", "王毅，")), "the answer is truncated: 王毅，"),
        (wrong([WANG], [], ("cut_off", "at the limit")), "not in the answer, which is truncated"),
        (
            wrong([WANG], [], ("unread", "???"), output="王毅 ???"),
            "in the answer, but lost in reading: unread: ???",
        ),
        (wrong([WANG], [], ("chatter", "王毅")), "the answer has no entity here"),
        (wrong([WANG], [], ("bad_json", "王毅" * 30)), "lost in reading: bad json"),
        (wrong([LAST_WANG, WANG], [WANG]), "the answer has it at 4-6"),
    ],
    ids=[
        *("nothing", "placeless", "overlap", "missing", "unparsable", "label", "truncated", "limit"),
        *("unread", "chatter", "long", "elsewhere"),
    ],
)
def test_what_was_missed_has_the_reason_that_the_reading_gives(sample: WrongSample, reason: str) -> None:
    assert [error.reason for error in find_errors(sample).errors] == [reason]


@pytest.mark.parametrize(
    ("predicted", "reason"),
    [
        (NamedEntity("PER", "李四"), "not in the sentence"),
        (NamedEntity("PER", "医院", None, None), "no place in the sentence was found for it"),
        (NamedEntity("PER", "会见", 15, 17), "gold has no entity here"),
        (LAST_WANG, "gold has it at 4-6"),
        (WANG, "named more often than gold has it"),
        (NamedEntity("PER", "毅", 5, 6), "overlaps PER 王毅 4-6 of gold"),
    ],
    ids=["hallucinated", "placeless", "nothing", "elsewhere", "twice", "overlap"],
)
def test_what_is_too_much_has_a_reason(predicted: NamedEntity, reason: str) -> None:
    (error,) = find_errors(wrong([WANG], [WANG, predicted])).errors
    assert (error.side, error.kind, error.reason) == ("spurious", "spurious", reason)


def test_errors_are_in_the_order_of_the_sentence_and_right_spans_are_marked_too() -> None:
    hallucinated = NamedEntity("PER", "李四")
    sample = wrong([LAST_WANG, MINISTRY, WANG], [hallucinated, WANG, NamedEntity("LOC", "外交部", 0, 3)])
    found = find_errors(sample)
    assert [(e.side, e.label, e.text) for e in found.errors] == [
        ("missed", "ORG", "外交部"),
        ("missed", "PER", "王毅"),
        ("spurious", "LOC", "外交部"),
        ("spurious", "PER", "李四"),
    ]
    assert set(found.marks) == {
        SpanMark(4, 6, None, True, "PER"),
        SpanMark(0, 3, ErrorKind.LABEL, True, "ORG→LOC"),
        SpanMark(17, 19, ErrorKind.MISSED, True, "PER"),
    }
    assert len(found.right) == 1
    assert sorted(found.places) == [(0, 3), (17, 19)]


def test_an_entity_that_cannot_be_is_an_error_of_the_file() -> None:
    with pytest.raises(UserError, match=r"sample s: .*; score again"):
        find_errors(wrong([NamedEntity("", "王毅", 4, 6)], []))


@pytest.mark.parametrize(
    ("labels", "kinds", "n"),
    [
        ((), (), 4),
        (("ORG",), (), 2),
        (("LOC",), (), 1),
        (("PER",), ("missed",), 1),
        ((), ("label", "boundary"), 2),
        ((), ("reading",), 1),
        (("PER",), ("boundary",), 0),
        (("PER", "ORG"), ("reading", "label"), 1),
    ],
)
def test_errors_are_chosen_by_label_and_kind(labels: tuple[str, ...], kinds: tuple[str, ...], n: int) -> None:
    rows = [
        wrong([MINISTRY], [NamedEntity("LOC", "外交部", 0, 3)]),
        wrong([UNIVERSITY], [NamedEntity("ORG", "北京", 7, 9)]),
        wrong([WANG], []),
        wrong([], [], ("unread", "???")),
    ]
    chosen = select_errors(rows, 1, ErrorFilter(labels, kinds))
    assert (len(chosen.shown), chosen.n_accepted, chosen.n_wrong) == (min(n, 1), n, 4)
