"""Applying verdicts: what is mended, what is counted, what contradicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.relabelling.mended_gold import mend, wilson
from nerforge.evaluation.relabelling.verdicts import JudgedError, PlacedVerdict, VerdictRow, Verdicts
from nerforge.templates.domain import Entity, Sample

SAMPLE = Sample("a", "张伟去上海", (Entity("PER", "张伟", 0, 2),))
SHANGHAI = Entity("GPE", "上海", 3, 5)
WHOLE = (*SAMPLE.entities, SHANGHAI)


def placed(*rows: VerdictRow) -> Verdicts:
    """Give verdicts their places."""
    verdicts = Verdicts()
    for number, row in enumerate(rows, start=1):
        verdicts.of_sample[row.id].append(PlacedVerdict(f"v.jsonl:{number}", row))
    return verdicts


def gold_verdict(*entities: Entity, error: JudgedError | None = None) -> VerdictRow:
    """Say that gold is wrong."""
    return VerdictRow(1, "a", "", "gold", entities, error)


def test_the_mended_gold_takes_the_place_of_gold() -> None:
    mended = mend([SAMPLE], placed(gold_verdict(SHANGHAI, *SAMPLE.entities)))
    assert mended.samples[0].entities == WHOLE
    assert (mended.n_changed, mended.n_added, mended.n_removed) == (1, 1, 0)


def test_what_the_model_got_wrong_changes_nothing_and_is_counted() -> None:
    mended = mend([SAMPLE], placed(VerdictRow(1, "a", "", "model")))
    assert mended.samples == [SAMPLE]
    assert mended.counts == {"gold": 0, "model": 1, "ambiguous": 0}


def test_two_mendings_that_differ_are_a_conflict_and_gold_stays() -> None:
    mended = mend([SAMPLE], placed(gold_verdict(SHANGHAI), gold_verdict()))
    assert mended.samples == [SAMPLE]
    assert mended.conflicts[0].places == ["v.jsonl:1", "v.jsonl:2"]
    assert sum(mended.counts.values()) == 0


def test_one_error_cannot_be_both_golds_and_the_models() -> None:
    error = JudgedError("pred", "GPE", 3, 5)
    model = VerdictRow(1, "a", "", "model", None, error)
    [conflict] = mend([SAMPLE], placed(gold_verdict(*WHOLE, error=error), model)).conflicts
    assert conflict.reason == "verdicts gold and model on the same error"


def test_two_errors_of_a_sentence_may_have_two_verdicts() -> None:
    model = VerdictRow(1, "a", "", "model", None, JudgedError("pred", "PER", 0, 1))
    error = JudgedError("pred", "GPE", 3, 5)
    mended = mend([SAMPLE], placed(gold_verdict(*WHOLE, error=error), model))
    assert not mended.conflicts
    assert mended.gold_errors.of == 2


def test_gold_mended_to_what_it_was_is_no_change() -> None:
    mended = mend([SAMPLE], placed(gold_verdict(*SAMPLE.entities)))
    assert (mended.n_changed, mended.n_unchanged) == (0, 1)


def test_the_interval_is_wilsons() -> None:
    # R: prop.test(45, 100, correct = FALSE)$conf.int
    share = wilson(45, 100)
    assert share.low == pytest.approx(0.3561, abs=5e-5)
    assert share.high == pytest.approx(0.5476, abs=5e-5)
    assert wilson(0, 0).value is None


@given(st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_holds_its_share_and_stays_between_0_and_1(counts: tuple[int, int]) -> None:
    share = wilson(*counts)
    assert share.low is not None and share.high is not None and share.value is not None
    assert 0 <= share.low <= share.value + 1e-12
    assert share.value - 1e-12 <= share.high <= 1
