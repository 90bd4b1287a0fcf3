"""Prompts that differ from row to row: the order of labels, and the examples they show."""

import json
import re
from random import Random

import pytest

from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.rows.row_prompts import (
    MAX_EXAMPLE,
    ExamplePool,
    PromptVariation,
    PromptWriter,
    make_pool,
)
from nerforge.templates.prompts import Example, render_prompt
from nerforge.templates.tasks import load_task

FULL = render_prompt(load_task("ccfbdci"), "json")
ANSWERS = {label.answer for label in load_task("ccfbdci").schema.labels}
EXAMPLE = re.compile(r"例句\d：(.*)\n答案：\n((?:.|\n)*?)\n(?=例句|句子：)")


def corpus_of(path, n, *, of_empty=3):
    lines = []
    for number in range(n):
        text = f"第{number}天王海来了" if number % of_empty else f"第{number}天没有人来"
        place = text.find("王海")
        entity = {"start_idx": place, "end_idx": place + 2, "entity_text": "王海", "entity_label": "PER"}
        lines.append(json.dumps({"text": text, "entities": [entity] if place >= 0 else []}))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def generate(tmp_path, asking, n=60, name="out", **options):
    corpus = corpus_of(tmp_path / "c.jsonl", n)
    generate_corpus("ccfbdci", corpus, DatasetOptions(tmp_path / name, **options), asking=asking)
    return {part: rows(tmp_path / name, part) for part in ("ner", "ner_dev", "ner_test")}


def rows(folder, part):
    return json.loads((folder / f"{part}.json").read_text("utf-8"))


def asked(row):
    """The sentence, which stands on a line of its own behind the instruction."""
    return row["instruction"].rsplit("\n", 1)[-1]


def listed(instruction):
    return tuple(re.findall(r"(?:：|）、)(\w+)（", instruction.partition("\n")[0]))


def test_prompts_are_all_alike_unless_told_otherwise(tmp_path):
    parts = generate(tmp_path, None)
    assert {row["instruction"] for part in parts.values() for row in part} == {
        FULL.frame.user_turn(asked(row)) for part in parts.values() for row in part
    }


def test_a_shuffled_prompt_lists_every_label_once_in_many_orders(tmp_path):
    parts = generate(tmp_path, PromptVariation("shuffled"))
    orders = [listed(row["instruction"]) for part in parts.values() for row in part]
    assert all(sorted(order) == sorted(ANSWERS) for order in orders)
    assert len(set(orders)) > 10


def test_the_order_of_a_row_follows_from_seed_and_id():
    ask = [
        PromptWriter(FULL, seed, PromptVariation("shuffled")).row("a", "句", "答")["instruction"]
        for seed in (1, 1, 2)
    ]
    assert ask[0] == ask[1] != ask[2]


def test_the_same_seed_gives_the_same_prompts_in_every_format(tmp_path):
    asking = PromptVariation("shuffled", 2)
    shown = {}
    for answer_format in ("json", "xml"):
        parts = generate(tmp_path, asking, name=answer_format, answer_format=answer_format)
        shown[answer_format] = [
            (listed(row["instruction"]), [text for text, _ in EXAMPLE.findall(row["instruction"])])
            for row in parts["ner"]
        ]
    assert shown["json"] == shown["xml"]


def test_examples_are_training_rows_with_their_answers_and_never_the_row_itself(tmp_path):
    parts = generate(tmp_path, PromptVariation(shots=3))
    training = {asked(row): row["output"] for row in parts["ner"]}
    for row in (row for part in parts.values() for row in part):
        shown = dict(EXAMPLE.findall(row["instruction"]))
        assert len(shown) == 3
        assert shown.items() <= training.items()
        assert asked(row) not in shown


def test_rows_show_different_examples_and_few_without_entities(tmp_path):
    parts = generate(tmp_path, PromptVariation(shots=3))
    shown = [EXAMPLE.findall(row["instruction"]) for row in parts["ner"]]
    assert len({tuple(examples) for examples in shown}) > 30
    n_empty = [sum("没有找到" in answer for _, answer in examples) for examples in shown]
    assert set(n_empty) == {0, 1}


def test_a_prompt_in_the_system_turn_leaves_the_sentence_alone(tmp_path):
    parts = generate(tmp_path, PromptVariation("shuffled", 1), turn="system")
    row = parts["ner_test"][0]
    assert list(row) == ["system", "instruction", "input", "output"]
    assert row["input"] == "" and "例句1：" in row["system"]
    assert row["instruction"].startswith("第") and row["instruction"] not in row["system"]
    info = json.loads((tmp_path / "out" / "dataset_info.json").read_text("ascii"))
    assert all(entry["columns"]["system"] == "system" for entry in info.values())


def test_the_manifest_says_how_it_was_asked(tmp_path):
    generate(tmp_path, PromptVariation("shuffled", 2), turn="system", language="en")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert (manifest["language"], manifest["prompt"]["turn"]) == ("en", "system")
    assert (manifest["settings"]["label_order"], manifest["settings"]["shots"]) == ("shuffled", 2)


def test_examples_that_a_format_cannot_carry_are_not_shown(tmp_path):
    crossing = {
        "text": "王海涛来了",
        "entities": [
            {"start_idx": 0, "end_idx": 2, "entity_text": "王海", "entity_label": "PER"},
            {"start_idx": 1, "end_idx": 3, "entity_text": "海涛", "entity_label": "PER"},
        ],
    }
    corpus = corpus_of(tmp_path / "c.jsonl", 6)
    with corpus.open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps(crossing))
    options = DatasetOptions(tmp_path / "out", dev=0, test=0, answer_format="xml")
    generate_corpus("ccfbdci", corpus, options, asking=PromptVariation(shots=5))
    assert all("王海涛" not in row["instruction"] for row in rows(tmp_path / "out", "ner"))


def test_too_few_training_rows_for_the_examples_are_said(tmp_path):
    with pytest.raises(UsageError, match=r"--shots 6: training holds only 6 different texts to draw from"):
        generate(tmp_path, PromptVariation(shots=6), n=6, dev=0, test=0)


def test_a_prompt_without_labels_has_no_order_to_shuffle(tmp_path):
    with pytest.raises(UsageError, match=r"prompt 'short' lists no labels, .* omit --label-order"):
        generate(tmp_path, PromptVariation("shuffled"), prompt="short")


def test_a_prompt_of_ones_own_that_shows_no_examples_is_refused(tmp_path):
    path = tmp_path / "mine.jinja"
    path.write_text("标注{{ labels[0].answer }}：", encoding="utf-8")
    with pytest.raises(UsageError, match=r"mine\.jinja' shows no examples; .* omit --shots"):
        generate(tmp_path, PromptVariation(shots=1), prompt=str(path))


def test_a_prompt_of_ones_own_shows_examples_in_its_own_way(tmp_path):
    path = tmp_path / "mine.jinja"
    path.write_text("{% for e in examples %}[{{ e.text }}→{{ e.answer }}]{% endfor %}标：", encoding="utf-8")
    parts = generate(tmp_path, PromptVariation(shots=2), prompt=str(path))
    assert all(row["instruction"].count("→") == 2 for row in parts["ner_test"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [(("sorted", 0), r"unknown label order 'sorted'; known: fixed, shuffled"), (("fixed", -1), "--shots -1")],
)
def test_a_way_of_asking_that_cannot_be_is_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        PromptVariation(*settings)


def test_long_texts_are_shown_only_where_there_are_no_others():
    short, long = [(Example(letter * n, "答"), True) for letter, n in (("甲", 3), ("乙", MAX_EXAMPLE + 1))]
    others = [(Example(letter, "答"), True) for letter in "丙丁"]
    assert [len(e.text) for e in make_pool([short, long, *others], 2).telling] == [3, 1, 1]
    assert long[0] in make_pool([short, long], 1).telling


@pytest.mark.parametrize(("n_telling", "n_empty"), [(0, 9), (1, 9), (2, 4), (9, 0), (5, 1)])
@pytest.mark.parametrize("n", [1, 3, 4])
def test_there_are_as_many_examples_as_asked_for_whatever_the_pool(n_telling, n_empty, n):
    telling, empty = (
        [Example(f"{kind}{i}", "") for i in range(k)] for kind, k in (("t", n_telling), ("e", n_empty))
    )
    for seed in range(50):
        for but in ("t0", "e0", "x"):
            drawn = ExamplePool(telling, empty).draw(n, but, Random(seed))
            texts = {example.text for example in drawn}
            assert (len(drawn), len(texts)) == (n, n) and but not in texts
