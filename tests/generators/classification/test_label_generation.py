"""Labelled texts to a data set: every row accounted for, prompts that offer what the row offers."""

import json
import re

import msgspec
import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.classification.label_generation import generate_classification
from nerforge.generators.classification.label_gold import LabelledText, encode_labelled, read_labelled
from nerforge.generators.classification.news_jsonl import write as write_news
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.rows.row_prompts import PromptVariation

FILM = {"text": "电影节昨晚开幕。", "category": ["Sports", "Art"], "output": "Art"}
MATCH = {"text": "客队两球取胜。", "category": ["Sports", "Economy", "Art"], "output": "Sports"}
SMOG = {"text": "雾霾今天散去。", "category": ["Environment", "Art"], "output": "Enviornment"}
PLAIN = {"text": "股市收盘上涨。", "output": "Economy"}
PROMPT = """\
判断文本的类别，从Sports、Art里选一个，只写类名。
文本："""


def asked(row):
    """The sentence, which stands on a line of its own behind the instruction."""
    return row["instruction"].rsplit("\n", 1)[-1]


def write(path, rows):
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


def generate(tmp_path, rows, choice=None, *, dev=0.0, test=0.0, **options):
    own = {name: options.pop(name) for name in ("strict", "asking", "treatment") if name in options}
    return msgspec.to_builtins(
        generate_classification(
            "fudan",
            write(tmp_path / "news.jsonl", rows),
            DatasetOptions(tmp_path / "out", dev=dev, test=test, **options),
            choice,
            **own,
        )
    )


def alpaca(tmp_path, name="ner"):
    return json.loads((tmp_path / "out" / f"{name}.json").read_text("utf-8"))


def test_a_row_reads_exactly_so(tmp_path):
    generate(tmp_path, [FILM])
    assert alpaca(tmp_path) == [{"instruction": f"{PROMPT}\n{FILM['text']}", "input": "", "output": "Art"}]
    [gold] = read_labelled(tmp_path / "out" / "gold" / "train.jsonl")
    assert (gold.text, gold.label, gold.options) == (FILM["text"], "Art", ("Sports", "Art"))
    assert gold.id.startswith("fudan-000001-")


def test_a_row_that_offers_nothing_offers_every_label(tmp_path):
    generate(tmp_path, [PLAIN])
    assert alpaca(tmp_path)[0]["instruction"].partition("\n")[0].count("、") == 19


def test_a_misspelt_label_is_answered_as_it_should_be_spelt(tmp_path):
    manifest = generate(tmp_path, [SMOG])
    assert alpaca(tmp_path)[0]["output"] == "Environment"
    assert "从Environment、Art里" in alpaca(tmp_path)[0]["instruction"]
    assert manifest["splits"]["train"]["labels"] == {"Enviornment": 1}
    assert manifest["source"]["notes"] == {"labels_by_another_name": 1}


def test_the_answer_is_one_of_those_the_prompt_offers(tmp_path):
    generate(tmp_path, [FILM, MATCH, SMOG, PLAIN], asking=PromptVariation("shuffled"))
    for row in alpaca(tmp_path):
        assert row["output"] in re.split("[从、里]", row["instruction"].partition("\n")[0])


@pytest.mark.parametrize(
    ("change", "reason", "message"),
    [
        pytest.param({"output": "Cinema"}, "unknown_label", "label 'Cinema' is not one of A", id="label"),
        pytest.param(
            {"category": ["Art", "Cinema"]}, "unknown_option", "category 'Cinema' is not one of", id="option"
        ),
        pytest.param(
            {"output": "Law"},
            "label_not_offered",
            "label 'Law' is not one of its categories Sports, Art",
            id="not offered",
        ),
        pytest.param({"text": " "}, "empty_text", "the text is empty", id="empty"),
    ],
)
def test_a_faulty_row_is_left_out_counted_and_shown(tmp_path, change, reason, message):
    row = FILM | change
    source = generate(tmp_path, [MATCH, row])["source"]
    assert (source["rows"], source["dropped_rows"]) == (2, {reason: 1})
    assert source["fault_examples"][0].startswith(f"news.jsonl:2: {message}")
    assert [asked(made) for made in alpaca(tmp_path)] == [MATCH["text"]]
    with pytest.raises(UserError, match=r"news\.jsonl:2: .*\n.*omit --strict"):
        generate(tmp_path, [MATCH, row], strict=True, overwrite=True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"text": "句", "category": "Art", "output": "Art"}', r"news\.jsonl:2: .*Expected `array"),
        ('{"text": "句"}', r"news\.jsonl:2: .*missing required field `output`"),
        ('{"text": "句", "output": ["Art"]}', r"news\.jsonl:2: .*Expected `str`"),
        ('{"text": "句", ', r"news\.jsonl:2: "),
    ],
    ids=["categories as text", "no label", "a list of labels", "cut off"],
)
def test_a_line_of_another_shape_is_said_with_its_number(tmp_path, line, message):
    path = write(tmp_path / "news.jsonl", [FILM])
    path.write_text(path.read_text("utf-8") + "\n" + line, encoding="utf-8")
    with pytest.raises(UserError, match=message):
        generate_classification("fudan", path, DatasetOptions(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_folder_is_no_file_of_texts(tmp_path):
    with pytest.raises(UserError, match="is a folder; expected a JSONL file with text, category and output"):
        generate_classification("fudan", tmp_path, DatasetOptions(tmp_path / "out"))


def test_categories_that_are_offered_twice_are_offered_once(tmp_path):
    manifest = generate(tmp_path, [FILM | {"category": ["Art", "Sports", "Art"]}])
    assert read_labelled(tmp_path / "out" / "gold" / "train.jsonl")[0].options == ("Art", "Sports")
    assert manifest["source"]["notes"] == {"categories_offered_twice": 1}


def test_a_text_stays_in_one_split_and_strata_are_shared_out(tmp_path):
    rows = [{"text": f"第{i % 60}场", "output": "Sports" if i % 3 else "Art"} for i in range(120)]
    manifest = generate(tmp_path, rows, SampleChoice(split="stratified"), dev=0.2, test=0.2)
    inputs = [{asked(row) for row in alpaca(tmp_path, name)} for name in ("ner", "ner_dev", "ner_test")]
    assert sum(map(len, inputs)) == len(set.union(*inputs)) == 60
    assert manifest["source"]["duplicate_texts"] == 60
    assert manifest["splits"]["test"]["labels"] == {"Art": 8, "Sports": 16}


def test_one_text_with_two_labels_is_counted(tmp_path):
    rows = [FILM, FILM | {"output": "Sports"}, FILM | {"category": ["Art", "Law"]}]
    source = generate(tmp_path, rows)["source"]
    assert (source["duplicate_texts"], source["contradictory_texts"]) == (2, 1)


def test_the_file_may_state_the_splits(tmp_path):
    rows = [FILM | {"split": "train"}, MATCH | {"split": "test"}]
    generate(tmp_path, rows, SampleChoice(split="given"))
    assert [asked(row) for row in alpaca(tmp_path, "ner_test")] == [MATCH["text"]]


def test_examples_and_the_system_turn_are_as_for_entities(tmp_path):
    rows = [{"text": f"第{i}场", "output": "Sports"} for i in range(10)]
    generate(tmp_path, rows, asking=PromptVariation(shots=2), turn="system", language="en")
    row = alpaca(tmp_path)[0]
    assert "Example 2: 第" in row["system"] and "Answer:\nSports" in row["system"]
    assert (row["instruction"], row["input"]) == ("第0场", "")


def test_texts_are_normalised_and_clipped_when_asked_for(tmp_path):
    rows = [FILM | {"text": "第１２场  电影节"}, MATCH]
    manifest = generate(tmp_path, rows, treatment=Treatment(("width", "space"), 5))
    assert [asked(row) for row in alpaca(tmp_path)] == ["第12场 ", "客队两球取"]
    assert manifest["source"]["notes"] == {"texts_clipped": 2, "texts_normalised": 1}
    assert (manifest["settings"]["normalise"], manifest["settings"]["max_chars"]) == (["width", "space"], 5)


def test_corpus_gold_and_corpus_again_are_the_same(tmp_path):
    rows = [{"text": f"第{i}场\t“{chr(0x1F600 + i)}”", "output": "Sports"} for i in range(20)] + [
        FILM,
        SMOG,
        PLAIN,
    ]
    generate(tmp_path, rows, dev=0.2, test=0.2)
    written = {
        split: read_labelled(tmp_path / "out" / "gold" / f"{split}.jsonl")
        for split in ("train", "dev", "test")
    }
    again = tmp_path / "again.jsonl"
    again.write_bytes(
        b"".join(line for split, samples in written.items() for line in write_news(samples, split))
    )
    generate_classification("fudan", again, DatasetOptions(tmp_path / "second"), SampleChoice(split="given"))
    for split, samples in written.items():
        second = read_labelled(tmp_path / "second" / "gold" / f"{split}.jsonl")
        assert [(s.text, s.label, s.options) for s in second] == [
            (s.text, s.label, s.options) for s in samples
        ]
    assert sum(map(len, written.values())) == len(rows)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    rows = [{"text": f"第{i}场", "output": "Sports", "category": ["Art", "Sports"]} for i in range(50)]
    written = []
    for _ in range(2):
        generate(tmp_path, rows, dev=0.2, test=0.2, asking=PromptVariation("shuffled", 1), overwrite=True)
        written.append({p.name: p.read_bytes() for p in (tmp_path / "out").rglob("*.json*")})
    assert written[0] == written[1] and len(written[0]) == 8


def test_a_task_of_entities_is_none_of_labels(tmp_path):
    with pytest.raises(UsageError, match="task cmeee is for entities, not for classification"):
        generate_classification(
            "cmeee", write(tmp_path / "n.jsonl", [FILM]), DatasetOptions(tmp_path / "out")
        )


def test_a_task_of_ones_own_classifies_too(tmp_path):
    task = tmp_path / "task.yaml"
    task.write_text(
        "title: 工单\nkind: classification\ndefault_format: label\nlabels:\n"
        "  - {name: fault, answer: 报修, definition: 设备坏了}\n"
        "  - {name: bill, answer: 账单, definition: 费用问题}\n",
        encoding="utf-8",
    )
    (tmp_path / "full.jinja").write_text("选：{{ labels | map(attribute='answer') | join('、') }}", "utf-8")
    path = write(tmp_path / "tickets.jsonl", [{"text": "电表坏了", "output": "报修"}])
    generate_classification(str(task), path, DatasetOptions(tmp_path / "out", dev=0, test=0))
    assert alpaca(tmp_path)[0] == {"instruction": "选：报修、账单\n电表坏了", "input": "", "output": "报修"}
    assert "kind: classification" in (tmp_path / "out" / "task.yaml").read_text("utf-8")


@pytest.mark.parametrize("options", ["Art", [1], {"Art": 1}])
def test_gold_with_options_that_are_no_list_of_labels_is_refused(tmp_path, options):
    path = tmp_path / "gold.jsonl"
    path.write_bytes(encode_labelled(LabelledText("a", "句", "Art", {"options": options})))
    with pytest.raises(UserError, match=r"gold\.jsonl:1: meta\.options is .*, expected a list of labels"):
        read_labelled(path)
