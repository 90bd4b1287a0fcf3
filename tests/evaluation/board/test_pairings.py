from nerforge.evaluation.board.pages.pairings import compare_rows
from nerforge.evaluation.board.stored_rows import (
    BoardRow,
    PartFigures,
    RunFacts,
    SentenceColumns,
    TrainedRows,
)


def row(kind, n_training, tp=(1, 0, 1, 0)):
    figures = PartFigures(
        gold_sha256="0", n_samples=len(tp), outcomes={}, problems={}, exact_match=0.0, criteria={}
    )
    return BoardRow(
        board="letters",
        name=f"{kind}-{n_training}",
        run=RunFacts(kind=kind, training=TrainedRows(rows=n_training) if n_training else None),
        parts={"test": figures},
        sentences=SentenceColumns.of(tp, [1] * len(tp), [1] * len(tp)),
    )


def compared(*rows):
    return [(pair.row.name, pair.baseline.name) for pair in compare_rows(rows, "test")]


BASELINES = [row(kind, n) for kind in ("dictionary", "crf") for n in (250, 1000)]


def test_a_model_is_compared_with_what_learned_from_as_many_rows():
    assert compared(*BASELINES, row("lora", 1000)) == [
        ("lora-1000", "dictionary-1000"),
        ("lora-1000", "crf-1000"),
    ]


def test_without_as_many_rows_the_next_larger_baseline_counts_or_the_largest():
    others = [row("lora", 720), row("lora", 5000), row("zero-shot", 0)]
    assert [baseline for _, baseline in compared(*BASELINES, *others)][::2] == [
        "dictionary-1000",
        "dictionary-1000",
        "dictionary-250",
    ]


def test_a_difference_is_positive_where_the_model_is_better():
    (pair,) = compare_rows([row("crf", 9, (0, 0, 0, 0)), row("lora", 9, (1, 1, 0, 0))], "test")
    assert pair.result.difference == 0.5


def test_baselines_alone_are_compared_with_nothing():
    assert compared(*BASELINES) == []
