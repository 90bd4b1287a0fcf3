"""What is done to texts before they are written, from the corpus to the scores."""

import json

import msgspec
import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.generators.rows.row_prompts import PromptVariation
from nerforge.templates.domain import Entity
from nerforge.templates.tasks import load_task

SCHEMA = load_task("ccfbdci").schema
LONG = "王海在上海。\n李明去了黄山，又去了上海海关。"
NAMES = {"王海": "PER", "李明": "PER", "上海海关": "ORG", "上海": "GPE", "黄山": "LOC"}
ALL = Treatment(("width", "space"), 12)


def labelled(text):
    entities, taken = [], set()
    for name, label in NAMES.items():
        at = text.find(name)
        while at >= 0:
            if at not in taken:
                entities.append(
                    {"start_idx": at, "end_idx": at + len(name), "entity_text": name, "entity_label": label}
                )
                taken.update(range(at, at + len(name)))
            at = text.find(name, at + 1)
    return {"text": text, "entities": entities}


def corpus(tmp_path, texts):
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(json.dumps(labelled(text)) for text in texts), encoding="utf-8")
    return path


def generate(tmp_path, texts, treatment, *, dev=0, test=0, name="out", **options):
    asking = options.pop("asking", None)
    return msgspec.to_builtins(
        generate_corpus(
            "ccfbdci",
            corpus(tmp_path, texts),
            DatasetOptions(tmp_path / name, dev=dev, test=test, **options),
            asking=asking,
            treatment=treatment,
        )
    )


def gold(tmp_path, split="train", name="out"):
    return read_gold(tmp_path / name / "gold" / f"{split}.jsonl", SCHEMA)


def test_nothing_is_done_that_was_not_asked_for(tmp_path):
    text = "第１２天　 王海在臺灣。" * 3
    manifest = generate(tmp_path, [text], None)
    assert [sample.text for sample in gold(tmp_path)] == [text]
    assert "normalisation" not in manifest["source"] and "long_texts" not in manifest["source"]


def test_texts_are_normalised_and_entities_stay_where_they_are_said(tmp_path):
    manifest = generate(tmp_path, ["第１２天，\n\n王海在　上海 。"], Treatment(("space", "width")))
    [sample] = gold(tmp_path)
    assert sample.text == "第12天， 王海在 上海 。"
    assert sample.entities == (Entity("PER", "王海", 6, 8), Entity("GPE", "上海", 10, 12))
    assert manifest["settings"]["normalise"] == ["space", "width"]
    assert manifest["source"]["normalisation"]["samples_changed"] == 1
    assert manifest["source"]["kept"] == {"as_given": 2}


def test_what_is_normalised_to_nothing_is_dropped_with_its_entities_and_counted(tmp_path):
    path = corpus(tmp_path, ["王海来了"])
    empty = {"start_idx": 0, "end_idx": 1, "entity_text": "\x01", "entity_label": "PER"}
    with path.open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps({"text": "\x01", "entities": [empty]}))
    options = DatasetOptions(tmp_path / "out", dev=0, test=0)
    source = msgspec.to_builtins(generate_corpus("ccfbdci", path, options, treatment=Treatment(("space",))))[
        "source"
    ]
    assert (source["rows"], source["dropped_rows"]) == (2, {"nothing_left": 1})
    assert (source["entities"], source["kept"], source["entities_in_dropped_rows"]) == (2, {"as_given": 1}, 1)


def test_texts_that_are_the_same_once_normalised_stay_in_one_split(tmp_path):
    texts = [f"第{number}天" for number in "１1２2３3４4５5６6７7８8９9"]
    manifest = generate(tmp_path, texts, Treatment(("width",)), test=0.4)
    assert manifest["source"]["duplicate_texts"] == 9
    train, test = ({sample.text for sample in gold(tmp_path, split)} for split in ("train", "test"))
    assert train and test and not train & test


def test_a_long_text_becomes_pieces_that_are_all_of_it(tmp_path):
    manifest = generate(tmp_path, [LONG], Treatment(max_chars=12))
    pieces = gold(tmp_path)
    assert [piece.text for piece in pieces] == ["王海在上海。\n", "李明去了黄山，", "又去了上海海关。"]
    assert all(piece.text[e.start : e.end] == e.text for piece in pieces for e in piece.entities)
    assert manifest["source"]["long_texts"]["pieces"] == manifest["splits"]["train"]["samples"] == 3


def test_all_pieces_of_a_text_are_in_one_split(tmp_path):
    generate(tmp_path, [f"{LONG}第{i}天。" for i in range(20)], Treatment(max_chars=12), dev=0.2, test=0.2)
    documents = [
        {sample.meta["document"] for sample in gold(tmp_path, split)} for split in ("train", "dev", "test")
    ]
    assert [len(part) for part in documents] == [12, 4, 4]
    assert len(set.union(*documents)) == 20


def test_a_long_text_that_a_format_cannot_carry_is_dropped_whole(tmp_path):
    crossing = labelled(LONG)
    crossing["entities"].append(
        {"start_idx": 4, "end_idx": 8, "entity_text": LONG[4:8], "entity_label": "ORG"}
    )
    path = tmp_path / "c.jsonl"
    path.write_text(json.dumps(crossing) + "\n" + json.dumps(labelled(LONG + "完")), encoding="utf-8")
    options = DatasetOptions(tmp_path / "out", dev=0, test=0, answer_format="xml")
    manifest = msgspec.to_builtins(
        generate_corpus("ccfbdci", path, options, treatment=Treatment(max_chars=12))
    )
    assert manifest["splits"]["train"]["dropped"] == {"crossing entities": 1}
    assert manifest["source"]["long_texts"]["texts"] == 1
    assert {piece.meta["document"] for piece in gold(tmp_path)} == {gold(tmp_path)[0].meta["document"]}


def test_examples_in_prompts_are_pieces_too(tmp_path):
    generate(
        tmp_path,
        [f"{LONG}第{i}天。" for i in range(5)],
        Treatment(max_chars=12),
        asking=PromptVariation(shots=3),
    )
    rows = json.loads((tmp_path / "out" / "ner.json").read_text("utf-8"))
    assert all(row["instruction"].count("例句") == 3 for row in rows)
    assert all(LONG not in row["instruction"] for row in rows)


@pytest.mark.whole
def test_everything_at_once_is_scored_as_whole_texts(tmp_path):
    texts = [f"第{i}天　　{LONG}" for i in "１２３４５６７８９"]
    options = {
        "language": "en",
        "turn": "system",
        "answer_format": "json",
        "asking": PromptVariation("shuffled", 2),
    }
    generate(tmp_path, texts, ALL, test=0.3, **options)
    rows = json.loads((tmp_path / "out" / "ner_test.json").read_text("utf-8"))
    samples = gold(tmp_path, "test")
    outputs = [row["output"] for row in rows]
    outputs[-1] = "No entities found"
    lines = [json.dumps({"id": s.id, "output": o}) for s, o in zip(samples, outputs, strict=True)]
    pred = tmp_path / "pred.jsonl"
    pred.write_text("\n".join(lines), encoding="utf-8")
    command = ["score", "--gold", tmp_path / "out" / "gold" / "test.jsonl", "--pred", pred, "--json"]
    done = CliRunner().invoke(main, list(map(str, command)))
    scores = json.loads(done.stdout)
    assert "3 texts were split into" in done.stderr
    assert (scores["n_samples"], scores["n_answers"]) == (3, len(samples))
    assert scores["sample_exact_match"] == pytest.approx(2 / 3)
    assert scores["outcomes"]["unparsable"] == 0
    assert scores["problems"] == {}


def test_the_answers_of_every_row_can_be_told_by_its_prompt_alone(tmp_path):
    """LLaMA-Factory's own predictions carry prompts and no ids, and here no two prompts begin alike."""
    texts = [f"第{i}天{LONG}" for i in range(12)]
    generate(tmp_path, texts, Treatment(max_chars=12), test=0.5, asking=PromptVariation("shuffled", 2))
    rows = json.loads((tmp_path / "out" / "ner_test.json").read_text("utf-8"))
    lines = [
        json.dumps({"prompt": f"user\n{r['instruction']}\n{r['input']}\nassistant\n", "predict": r["output"]})
        for r in rows
    ]
    pred = tmp_path / "generated_predictions.jsonl"
    pred.write_text("\n".join(lines), encoding="utf-8")
    command = ["score", "--gold", tmp_path / "out" / "gold" / "test.jsonl", "--pred", pred, "--json"]
    done = CliRunner().invoke(main, list(map(str, command)))
    assert json.loads(done.stdout)["sample_exact_match"] == 1.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"max_chars": 0}, "--max-chars 0: must be at least 1"),
        ({"normalise": ("case",)}, "unknown .*'case'; known"),
        ({"near_duplicates": "hide"}, "unknown .*'hide'; known: drop, ignore, report"),
    ],
    ids=["no characters", "an unknown step", "an unknown way"],
)
def test_a_treatment_that_cannot_be_is_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        Treatment(**settings).normaliser()


NEWS = "在第{}届运动会的开幕式上，来自全国各地的三千多名运动员走进了新建的体育场"


def near(tmp_path, way, **options):
    rows = [
        (f"{NEWS.format(n)}{end}", split)
        for n in "一二三"
        for end, split in (("。", "train"), ("！", "test"))
    ]
    rows.append(("今天没有新闻。", "train"))
    path = tmp_path / "c.jsonl"
    lines = [json.dumps({"text": text, "entities": [], "split": split}) for text, split in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return msgspec.to_builtins(
        generate_corpus(
            "cmeee",
            path,
            DatasetOptions(tmp_path / "out"),
            SampleChoice(split="given"),
            treatment=Treatment(near_duplicates=way, **options),
        )
    )


def test_texts_that_another_split_nearly_holds_are_counted_and_shown(tmp_path):
    manifest = near(tmp_path, "report")
    pair = manifest["source"]["near_duplicates"]["pairs"]["train-test"]
    assert (pair["looked_at"], pair["exact"], pair["near"]) == (3, 0, 3)
    assert pair["examples"][0]["similarity"] > 0.9
    assert manifest["splits"]["train"]["samples"] == 4


def test_training_does_without_near_duplicates_when_told(tmp_path):
    manifest = near(tmp_path, "drop")
    assert [manifest["splits"][split]["samples"] for split in ("train", "test")] == [1, 3]
    assert manifest["source"]["near_duplicates"]["dropped_from_train"] == 3
    assert manifest["source"]["not_drawn"] == 0


def test_near_duplicates_are_not_looked_for_when_told(tmp_path):
    assert "near_duplicates" not in near(tmp_path, "ignore")["source"]


def test_how_similar_texts_must_be_is_for_the_user_to_say(tmp_path):
    pair = near(tmp_path, "report", similarity=1.0)["source"]["near_duplicates"]["pairs"]["train-test"]
    assert pair["near"] == 0


def test_a_corpus_of_other_labels_than_the_task_is_refused_whole(tmp_path):
    with pytest.raises(
        UserError, match=r"none of its 5 entities can be used \(5 unknown_label\); is it the right"
    ):
        generate_corpus("cmeee", corpus(tmp_path, [LONG, "休息"]), DatasetOptions(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_taken_folder_is_found_before_the_corpus_is_read(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").touch()
    with pytest.raises(UserError, match=r"is not empty and holds no manifest\.json"):
        generate_corpus("ccfbdci", corpus(tmp_path, [LONG]), DatasetOptions(tmp_path / "out"))


def test_an_empty_prompt_is_refused(tmp_path):
    prompt = tmp_path / "mine.jinja"
    prompt.write_text("{# nothing #}", encoding="utf-8")
    with pytest.raises(UserError, match=r"mine\.jinja: is empty"):
        generate(tmp_path, [LONG], None, prompt=str(prompt))


def test_several_formats_are_written_all_or_none_and_printed_as_one_document(tmp_path):
    command = ["generate", "ccfbdci", "--input", corpus(tmp_path, [LONG] * 10), "--formats", "json,xml"]
    command += ["--out", tmp_path / "o", "--json", "--near-duplicates", "ignore"]
    (tmp_path / "o" / "xml").mkdir(parents=True)
    (tmp_path / "o" / "xml" / "mine.txt").touch()
    done = CliRunner().invoke(main, list(map(str, command)))
    assert (done.exit_code, (tmp_path / "o" / "json").exists()) == (1, False)
    (tmp_path / "o" / "xml" / "mine.txt").unlink()
    done = CliRunner().invoke(main, list(map(str, command)))
    assert {name: made["answer_format"] for name, made in json.loads(done.stdout).items()} == {
        "json": "json",
        "xml": "xml",
    }
