"""What to label next: doubtful sentences that differ, within the budget, the same for the same seed."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nerforge as nf
from nerforge.evaluation.labelling.selection.batch import BatchCounts, PoolRow, choose_batch
from nerforge.evaluation.labelling.selection.doubts import Doubts, without_model
from nerforge.evaluation.labelling.selection.similar_texts import KnownTexts
from nerforge.foundation.errors import UsageError

ROOT = Path(__file__).parents[3]
TEXTS = st.lists(
    st.text("王海去上北京大学医院今天", min_size=1, max_size=12), min_size=1, max_size=12, unique=True
)


def rows(texts: Sequence[str], weights: Sequence[float] | None = None) -> list[PoolRow]:
    found = []
    for number, text in enumerate(texts):
        weight = 1.0 if weights is None else weights[number]
        found.append(PoolRow(f"r{number}", text, Doubts([weight] * len(text))))
    return found


def write(path: Path, lines: Sequence[object]) -> Path:
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path


def test_the_most_doubtful_sentence_comes_first() -> None:
    pool = rows(["王海去上海市", "李梅在青岛站", "今天有大雨吗"], [0.1, 0.9, 0.5])
    assert [one.row.id for one in choose_batch(pool, {}, budget=3)] == ["r1", "r2", "r0"]


def test_a_second_sentence_of_a_kind_gains_less() -> None:
    pool = rows(["王海昨天去了上海市区", "王海昨天去了北京城里", "李梅"], [1, 0.99, 0.9])
    first, *_, last = choose_batch(pool, {}, budget=3, near=2)
    assert (first.row.id, first.new) == ("r0", 1.0)
    assert last.row.id != "r1" or last.new < 0.9
    assert "not covered before" in first.why()


def test_labelled_sentences_and_near_duplicates_are_passed_over_with_a_count() -> None:
    pool = rows(
        ["王海昨天坐飞机去了上海市", "王海昨天坐飞机去了上海市区", "李梅今天休息了", "李梅今天休息了。"]
    )
    counts = BatchCounts()
    chosen = choose_batch(pool, {"g1": "王海昨天坐飞机去了上海市"}, budget=4, counts=counts)
    assert len(chosen) == 1
    assert (counts.labelled, counts.near_labelled, counts.near_chosen) == (1, 1, 1)
    assert "r1 is nearly g1" in counts.examples


def test_similarity_is_that_of_sets_of_three_characters() -> None:
    known = KnownTexts([("a", "今天上海有雨")], 0.6)
    assert known.find("今天上海有雪") == "a"
    assert KnownTexts([("a", "今天上海有雨")], 0.61).find("今天上海有雪") is None
    assert KnownTexts([("a", "今天上海有雨")], 1.0).find("今天 上海有雨") == "a"


def test_a_budget_of_characters_is_kept() -> None:
    pool = rows(["王海去上海市", "李梅在青岛", "今天有大雨吗下雪吗"], [0.5, 0.5, 0.9])
    counts = BatchCounts()
    chosen = choose_batch(pool, {}, budget=11, by="characters", counts=counts)
    assert counts.characters == sum(len(one.row.text) for one in chosen) <= 11
    assert counts.too_long


@settings(max_examples=50)
@given(TEXTS, st.integers(1, 30), st.sampled_from(["rows", "characters"]), st.integers(0, 3))
def test_any_pool_gives_distinct_rows_within_the_budget_and_the_same_again(
    texts: list[str], budget: int, by: str, seed: int
) -> None:
    pool = [PoolRow(f"r{n}", text, without_model(text)) for n, text in enumerate(texts)]
    chosen = choose_batch(pool, {}, budget=budget, by=by, seed=seed)
    assert len({one.row.text for one in chosen}) == len(chosen)
    assert sum(1 if by == "rows" else len(one.row.text) for one in chosen) <= budget
    assert chosen == choose_batch(pool, {}, budget=budget, by=by, seed=seed)
    assert all(0 <= one.new <= 1 + 1e-9 for one in chosen)


def test_models_that_differ_and_unsure_entities_decide(tmp_path: Path) -> None:
    texts = {"sure": "王海去上海", "disputed": "李梅在青岛", "unsure": "张伟到北京"}
    pool = write(
        tmp_path / "pool.jsonl",
        [{"id": k, "text": v, "entities": [], "meta": {"page": 1}} for k, v in texts.items()],
    )

    def said(name: str, start: int, score: float) -> dict[str, object]:
        entity = {"label": "PER", "text": texts[name][start : start + 2], "start": start, "end": start + 2}
        return {"id": name, "entities": [entity | {"score": score}]}

    one = write(tmp_path / "one.jsonl", [said("sure", 0, 1), said("disputed", 0, 1), said("unsure", 0, 0.4)])
    two = write(tmp_path / "two.jsonl", [said("sure", 0, 1), said("disputed", 3, 1), said("unsure", 0, 0.4)])
    batch = nf.next_batch(pool, tmp_path / "next.jsonl", budget=2, predictions=[one, two], task="ccfbdci")
    assert [row.id for row in batch.rows] == ["disputed", "unsure"]
    assert "2 named by some models only" in batch.rows[0].meta["next"]["why"]
    assert "the least sure 0.40" in batch.rows[1].meta["next"]["why"]
    written = [json.loads(line) for line in (tmp_path / "next.jsonl").read_text("utf-8").splitlines()]
    assert [(row["id"], row["entities"], row["meta"]["page"]) for row in written] == [
        ("disputed", [], 1),
        ("unsure", [], 1),
    ]
    assert "next" in written[0]["meta"]


@pytest.mark.whole
def test_a_crf_of_what_is_labelled_is_asked(tmp_path: Path) -> None:
    pytest.importorskip("pycrfsuite", reason="needs the baselines extra")
    nf.convert(ROOT / "data" / "samples" / "ccfbdci.jsonl", tmp_path / "gold.jsonl", to="gold")
    lines = (tmp_path / "gold.jsonl").read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "labelled.jsonl").write_text("".join(lines[:12]), encoding="utf-8")
    (tmp_path / "pool.jsonl").write_text("".join(lines), encoding="utf-8")
    batch = nf.next_batch(
        tmp_path / "pool.jsonl", budget=4, labelled=[tmp_path / "labelled.jsonl"], crf=True, task="ccfbdci"
    )
    known = {json.loads(line)["text"] for line in lines[:12]}
    kept = tmp_path / "models"
    said = [
        nf.next_batch(
            tmp_path / "pool.jsonl", budget=4, labelled=[tmp_path / "labelled.jsonl"], crf=True,
            task="ccfbdci", models=kept,
        )
        for _ in range(2)
    ]  # fmt: skip
    assert [one.rows == batch.rows for one in said] == [True, True]
    assert any(note.startswith("trained before") for note in said[1].notes)
    assert len(batch.rows) == 4
    assert not known & {row.text for row in batch.rows}
    assert batch.counts.labelled == 12


def test_arguments_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    pool = write(tmp_path / "pool.jsonl", [{"id": "1", "text": "王海"}])
    with pytest.raises(UsageError, match="--crf learns from --labelled"):
        nf.next_batch(pool, budget=1, crf=True)
    with pytest.raises(UsageError, match="unknown --by 'tokens'; known: characters, rows"):
        nf.next_batch(pool, budget=1, by="tokens")
