import json
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from nerforge.api.board.board_rows import add_to_board, baseline_rows
from nerforge.api.score_comparison import compare
from nerforge.evaluation.board import part_scores
from nerforge.evaluation.board.pages.page import MARK, write_pages
from nerforge.evaluation.board.pages.pairings import compare_named
from nerforge.evaluation.board.rescoring import check_rows
from nerforge.evaluation.board.splits.known_splits import KNOWN_SPLITS_FILE, KnownSplit, known_splits
from nerforge.evaluation.board.splits.split_file import SplitPart
from nerforge.evaluation.board.stored_rows import BoardRow, read_answers_of, read_rows, spans_path
from nerforge.evaluation.scores.score_run import ScoreOptions, run_score
from nerforge.foundation.errors import UsageError, UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.files.reading import read_jsonl
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.input_files import Inputs
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import GoldRow
from nerforge.generators.rows.row_prompts import PromptVariation
from nerforge.llamafactory_configs.running.run_manifest import (
    Attempt,
    BaseModel,
    Hardware,
    RunManifest,
    TrainedData,
    TrainedFile,
    YamlFile,
)

ROOT = Path(__file__).parents[3]
BOARD = ROOT / "data" / "board"
PUBLIC = ROOT.parent / "shared" / "real"
NAMES = ("王芳", "李强", "张伟", "刘洋")
PLACES = ("北京", "上海", "济南")


def corpus_row(number):
    name, place = NAMES[number % 4], PLACES[number % 3]
    text = f"{name}在{place}的第{number}天。"
    entities = [
        {"label": "PER", "text": name, "start": 0, "end": 2},
        {"label": "GPE", "text": place, "start": 3, "end": 5},
    ]
    return {"id": f"row-{number}", "text": text, "entities": entities if number % 5 else [], "meta": {}}


def write_gold(path, numbers):
    lines = (json.dumps(corpus_row(number), ensure_ascii=False) + "\n" for number in numbers)
    path.write_text("".join(lines), encoding="utf-8")
    return (path,)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data set of 40 training rows and 20 test rows, asked for in XML with two shots."""
    folder = tmp_path_factory.mktemp("data")
    inputs = Inputs(
        train=write_gold(folder / "a.jsonl", range(100, 140)), test=write_gold(folder / "b.jsonl", range(20))
    )
    options = DatasetOptions(folder / "data", 0, 0, seed=7, answer_format="xml", prompt="short")
    generate_corpus("ccfbdci", inputs, options, asking=PromptVariation(shots=2))
    return folder / "data"


def gold(data):
    return [row for _, row in read_jsonl(data / "gold" / "test.jsonl", GoldRow)]


def write_answers(path, rows, **settings):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    if settings:
        path.with_name(f"{path.name}.settings.json").write_text(json.dumps(settings), encoding="utf-8")
    return path


def answers(data):
    """Answer the first sentences rightly, one with a person too much, one in JSON, one not at all."""
    outputs = []
    for row in gold(data):
        text = row.text
        for entity in reversed(row.entities):
            tag = {"PER": "人名", "GPE": "地理实体"}[entity.label]
            text = f"{text[: entity.start]}<{tag}>{entity.text}</{tag}>{text[entity.end :]}"
        outputs.append({"id": row.id, "output": text})
    outputs[0]["output"] = outputs[0]["output"].replace("王芳", "<人名>王芳</人名>")
    outputs[1]["output"] = '{"entity_text": "李强", "entity_label": "人名"}'
    return outputs[:-1]


@pytest.fixture
def board(tmp_path):
    return tmp_path / "board"


@pytest.fixture
def predictions(data, tmp_path):
    settings = {"engine": "hf", "model": "/home/user/base", "template": "qwen", "max_new_tokens": 64}
    return write_answers(tmp_path / "answers.jsonl", answers(data), **settings)


def add(predictions, data, board, **options):
    return add_to_board(predictions, data, board, **{"set_name": "letters", **options})


def test_a_row_scores_what_score_says(predictions, data, board):
    part = add(predictions, data, board).row.parts["test"]
    scores = run_score(ScoreOptions(gold=data, pred=predictions)).scores
    assert {name: c.micro for name, c in scores.criteria.items()} == part.criteria
    assert part.outcomes == {name: n for name, n in scores.outcomes.items() if n}
    assert (part.exact_match, part.gold_sha256) == (scores.sample_exact_match, scores.settings.gold_sha256)


def test_a_row_says_how_it_was_asked_and_names_no_path(predictions, data, board):
    added = add(predictions, data, board, model="Base-0.5B", rows_per_second=2.5)
    run = added.row.run
    assert (run.kind, run.training, run.rows_per_second) == ("few-shot", None, 2.5)
    assert (run.questions.answer_format, run.questions.prompt, run.questions.shots) == ("xml", "short", 2)
    assert run.answering == {"engine": "hf", "template": "qwen", "max_new_tokens": 64}
    assert added.row.name == "few-shot-base-0.5b-xml-short"
    assert "/home" not in added.path.read_text(encoding="utf-8")


def test_what_is_stored_holds_no_text(predictions, data, board):
    path = add(predictions, data, board).path
    stored = "".join(file.read_text(encoding="utf-8") for file in path.parent.iterdir())
    texts = [row.text for row in gold(data)]
    assert not [word for word in (*texts, *NAMES, *PLACES) if word in stored]


def test_the_stored_spans_give_the_figures_again(predictions, data, board):
    add(predictions, data, board)
    assert list(check_rows(board, data)) == ["letters/few-shot-xml-short: 20 sentences, the same figures"]


def test_spans_that_were_changed_are_found_out(predictions, data, board):
    path = add(predictions, data, board).path
    spans = spans_path(path)
    spans.write_text(spans.read_text().replace('["PER",0,2]', '["PER",0,1]'))
    with pytest.raises(UserError, match=r"test: exact_match is 0\.85, its spans give 0\.15"):
        list(check_rows(board, data))


def test_answers_without_a_sentence_are_missing_and_unreadable_ones_lost(data, board, tmp_path):
    rows = [{"id": row.id, "output": "{" if place == 3 else row.text} for place, row in enumerate(gold(data))]
    path = write_answers(tmp_path / "answers.jsonl", [*rows[:5], rows[-1]])
    added = add(path, data, board, kind="other")
    stored = read_answers_of(added.path)
    assert sum(answer.outcome == "missing" for answer in stored.values()) == 14
    assert list(check_rows(board, data))


@pytest.fixture
def run(data, tmp_path):
    """The folder of a finished run on the data set."""
    folder = tmp_path / "run"
    folder.mkdir()
    file = TrainedFile("ner", "ner.json", sha256=file_sha256(data / "ner.json"))
    manifest = RunManifest(
        config=YamlFile("train.yaml", "0"),
        model=BaseModel("/home/user/models/base-0.5b"),
        data=TrainedData(str(data), [file]),
        versions={"torch": "2.14.1"},
        git=None,
        hardware=Hardware("Linux", "EPYC", 2, 25.3, []),
        attempts=[Attempt(1, "2026-01-01T00:00:00Z", outcome="finished", seconds=90.0)],
    )
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    (folder / "train.yaml").write_text("finetuning_type: lora\nlora_rank: 16\noutput_dir: /home/user/run\n")
    (folder / "train_results.json").write_text('{"train_runtime": 75.5}')
    return folder


def test_a_run_says_how_it_was_trained(predictions, data, board, run):
    added = add(predictions, data, board, run=run).row
    assert added.name == "lora-base-0.5b-40-xml-short-s42"
    assert added.run.training.rows == 40
    assert added.run.hyperparameters == {"finetuning_type": "lora", "lora_rank": 16}
    assert (added.run.seconds_of_training, added.run.machine) == (75.5, "2 cores, EPYC, 25 GB")
    assert b"/home" not in msgspec.json.encode(added)


def test_a_run_on_other_rows_is_refused(predictions, data, board, run, tmp_path):
    inputs = Inputs(
        train=write_gold(tmp_path / "a.jsonl", range(5)), test=write_gold(tmp_path / "b.jsonl", range(5, 9))
    )
    generate_corpus("ccfbdci", inputs, DatasetOptions(tmp_path / "other", 0, 0))
    with pytest.raises(UserError, match=r"was trained on ner of .*; give the --data of the run"):
        add(predictions, tmp_path / "other", board, run=run)
    with pytest.raises(UserError, match=r"holds no manifest\.json; expected the folder of a run"):
        add(predictions, data, board, run=tmp_path)


def test_a_baseline_that_learned_from_other_rows_is_refused(data, board, tmp_path):
    path = write_answers(
        tmp_path / "crf.jsonl", answers(data), engine="baseline crf", training_sha256="0" * 64
    )
    with pytest.raises(UserError, match="learned from other rows than those of"):
        add(path, data, board)


def test_an_unknown_kind_is_asked_for(data, board, tmp_path):
    path = write_answers(tmp_path / "answers.jsonl", answers(data))
    with pytest.raises(UsageError, match="nothing says what answered; give --kind: dictionary, crf"):
        add(path, data, board)
    with pytest.raises(UsageError, match="unknown kind 'bert'"):
        add(path, data, board, kind="bert")


def test_spans_of_anybody_are_added(data, board, tmp_path):
    rows = [
        json.loads(line) for line in (data / "gold" / "test.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    path = write_answers(tmp_path / "spans.jsonl", rows)
    row = add(path, data, board, kind="other", name="theirs", train_rows=40).row
    assert row.parts["test"].criteria["strict"].f1 == 1
    assert (row.run.questions, row.n_training) == (None, 40)


def test_values_without_a_mention_are_kept_as_hashes_and_score_the_same(tmp_path, board):
    (tmp_path / "gold").mkdir()
    province = {"label": "Province", "text": "山东", "start": None, "end": None}
    city = {"label": "City", "text": "菏泽", "start": 0, "end": 3}
    row = {"id": "a", "text": "菏泽市投诉数量", "entities": [province, city], "meta": {}}
    for name in ("train", "test"):
        write_answers(tmp_path / "gold" / f"{name}.jsonl", [row])
    wrong = {**row, "entities": [{**province, "text": "山西"}, city]}
    path = write_answers(tmp_path / "spans.jsonl", [wrong])
    added = add_to_board(path, tmp_path, board, set_name="power", kind="other")
    assert added.row.parts["test"].criteria["text"].f1 == 0.5
    assert not {"山西", "山东", "菏泽"} & set(added.path.read_text() + spans_path(added.path).read_text())
    assert len(list(check_rows(board, tmp_path))) == 1


def first_rows_as_known_parts(data, sizes):
    """Describe the first rows of a data set's test gold as parts of a known split."""
    lines = (data / "gold" / "test.jsonl").read_bytes().splitlines(keepends=True)
    return {name: SplitPart(n, 0, 0, sha256(b"".join(lines[:n])).hexdigest()) for name, n in sizes.items()}


@pytest.fixture
def nested(data, monkeypatch):
    """Let the test gold be that of a known split with a part of its first five rows."""
    parts = first_rows_as_known_parts(data, {"test": 20, "test_5": 5})
    known = KnownSplit(task="ccfbdci", corpus="letters", limit=None, rows=60, parts=parts)
    monkeypatch.setattr(part_scores, "known_splits", lambda: {"letters": known})


def test_answers_are_scored_on_every_part_that_they_reach(nested, data, board, tmp_path):
    whole = write_answers(tmp_path / "whole.jsonl", answers(data))
    few = write_answers(tmp_path / "few.jsonl", answers(data)[:4])
    one = add(whole, data, board, set_name=None, kind="other", name="whole").row
    other = add(few, data, board, set_name=None, kind="other", name="few").row
    cut = add(whole, data, board, set_name=None, kind="other", name="cut", part="test_5").row
    assert (one.board, list(one.parts), list(other.parts)) == ("letters", ["test_5", "test"], ["test_5"])
    assert other.parts["test_5"].outcomes["missing"] == 1
    assert cut.parts == {"test_5": one.parts["test_5"]}
    # The data set has no file of the first five rows.
    assert list(check_rows(board, data)) == [
        "letters/whole: 20 sentences, the same figures",
        "2 rows are of other gold, and were not checked",
    ]
    with pytest.raises(UsageError, match="unknown part 'test_9'; known: test, test_5"):
        add(whole, data, board, set_name=None, kind="other", part="test_9")


def test_a_row_is_not_replaced_unasked(predictions, data, board):
    add(predictions, data, board)
    with pytest.raises(UserError, match="is on the board already; pass --overwrite"):
        add(predictions, data, board)
    add(predictions, data, board, overwrite=True)


def test_a_set_needs_a_name_that_is_no_known_split(predictions, data, board):
    with pytest.raises(UsageError, match="is test of no known split; give the set a name: --set NAME"):
        add(predictions, data, board, set_name=None)
    with pytest.raises(UsageError, match="is not test of the known split of this name"):
        add(predictions, data, board, set_name="cmeee")


@pytest.mark.parametrize("names", [{"name": "../a"}, {"name": "a b"}, {"set_name": ".hidden"}], ids=str)
def test_names_are_plain_words(predictions, data, board, names):
    with pytest.raises(UsageError, match=r"expected letters, digits, '\.', '_' and '-'"):
        add(predictions, data, board, **names)


def test_rows_of_one_set_answer_the_same_gold(predictions, data, board):
    path = add(predictions, data, board).path
    other = json.loads(path.read_text())
    other["parts"]["test"]["gold_sha256"] = "0" * 64
    path.with_name("other.json").write_text(json.dumps(other))
    with pytest.raises(UserError, match=r"rows of one set answer the same gold"):
        list(read_rows(board))


def test_baselines_learn_from_each_training_part_and_models_are_compared_with_them(
    predictions, data, board, tmp_path
):
    pytest.importorskip("pycrfsuite")
    add(predictions, data, board)
    added = list(baseline_rows(data, board, set_name="letters"))
    assert [(x.row.name, x.row.run.training.rows) for x in added] == [("dictionary-40", 40), ("crf-40", 40)]
    english, chinese = write_pages(board, tmp_path / "docs")
    text = english.read_text(encoding="utf-8")
    assert "## letters, test: 20 sentences, 32 entities" in text
    assert text.count("(../board/letters/few-shot-xml-short.json) | [crf-40]") == 1
    assert chinese.read_text(encoding="utf-8").count("\n|") == text.count("\n|")


def test_a_page_keeps_its_head_and_is_the_same_each_time(predictions, data, board, tmp_path):
    add(predictions, data, board)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "board.md").write_text(f"# Ours\n\nA head.\n\n{MARK}\n\nold\n")
    pages = write_pages(board, tmp_path / "docs")
    before = [page.read_bytes() for page in pages]
    assert before[0].startswith(f"# Ours\n\nA head.\n\n{MARK}\n\n## letters".encode())
    assert b"old" not in before[0]
    assert [page.read_bytes() for page in write_pages(board, tmp_path / "docs")] == before
    (tmp_path / "docs" / "board.md").write_text("# Ours\n")
    with pytest.raises(UserError, match="has no line <!-- board -->"):
        write_pages(board, tmp_path / "docs")


def test_a_board_without_rows_has_no_page(tmp_path):
    with pytest.raises(UserError, match="holds no rows"):
        write_pages(tmp_path, tmp_path / "docs")


def shipped() -> list[tuple[Path, BoardRow]]:
    return list(read_rows(BOARD))


def test_the_page_is_rebuilt_byte_for_byte_from_what_is_stored(tmp_path):
    # At the same distance from the board, so that links are the same.
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "board").symlink_to(BOARD)
    (tmp_path / "docs").mkdir()
    for name in ("board.md", "board.zh-CN.md"):
        (tmp_path / "docs" / name).write_bytes((ROOT / "docs" / name).read_bytes())
    for page in write_pages(tmp_path / "data" / "board", tmp_path / "docs"):
        assert page.read_bytes() == (ROOT / "docs" / page.name).read_bytes()


def test_stored_rows_are_of_known_gold_and_hold_no_chinese_word():
    rows = shipped()
    assert len(rows) >= 10
    for path, row in rows:
        if row.board in known_splits():
            for name, part in row.parts.items():
                assert part.gold_sha256 == known_splits()[row.board].parts[name].sha256
        stored = path.read_text(encoding="utf-8") + spans_path(path).read_text(encoding="utf-8")
        assert not [character for character in stored if "\u4e00" <= character <= "\u9fff"], path
        assert len(stored) < 200_000


def test_the_known_splits_are_shipped_without_text():
    content = KNOWN_SPLITS_FILE.read_text(encoding="utf-8")
    assert content.isascii()
    assert len(content) < 10_000


@pytest.mark.whole
@pytest.mark.slow(minutes=1)
@pytest.mark.parametrize("name", list(known_splits()))
def test_the_public_file_gives_the_known_split_and_stored_spans_the_stored_figures(name, tmp_path):
    from nerforge.api.board.fixed_split import split_corpus

    if not (PUBLIC / f"{name}.jsonl").is_file():
        pytest.skip(f"{PUBLIC}: the public corpora are not here")
    # It has the hashes that are stated, or else it is refused.
    split_corpus(name, PUBLIC / f"{name}.jsonl", tmp_path / "split")
    lines = list(check_rows(BOARD, tmp_path / "split"))
    assert sum(line.endswith("the same figures") for line in lines) == sum(
        row.board == name for _, row in shipped()
    )


def test_labels_of_texts_are_scored_as_their_accuracy(tmp_path, board):
    (tmp_path / "gold").mkdir()
    rows = [{"id": f"t{n}", "text": f"第{n}篇", "label": "Art" if n % 2 else "Law"} for n in range(10)]
    for name in ("train", "test"):
        write_answers(tmp_path / "gold" / f"{name}.jsonl", rows)
    said = [{"id": row["id"], "output": "Art" if n < 8 else row["label"]} for n, row in enumerate(rows)]
    path = write_answers(tmp_path / "answers.jsonl", said)
    added = add_to_board(path, tmp_path, board, set_name="news", kind="other").row
    accuracy = run_score(ScoreOptions(gold=tmp_path / "gold" / "test.jsonl", pred=path)).scores.accuracy
    assert added.parts["test"].criteria.keys() == {"strict"}
    assert added.parts["test"].criteria["strict"].f1 == accuracy == 0.6
    assert list(check_rows(board, tmp_path)) == ["news/other: 10 sentences, the same figures"]
    with pytest.raises(UserError, match="holds a label for each text"):
        list(baseline_rows(tmp_path, board, set_name="news"))


def test_rows_are_compared_as_score_files_are(predictions, data, board, tmp_path):
    other = write_answers(tmp_path / "other.jsonl", answers(data)[2:15])
    add(predictions, data, board)
    add(other, data, board, kind="other", name="fewer")
    part, (pair,) = compare_named(board, "letters", ["few-shot-xml-short", "fewer"])
    scored = [run_score(ScoreOptions(gold=data, pred=path)).scores for path in (predictions, other)]
    (expected,) = compare(*scored).comparisons
    assert part == "test"
    assert (pair.result, pair.p_holm) == (expected.result, expected.p_holm)
    with pytest.raises(UsageError, match="unknown row of letters 'none'; known: few-shot-xml-short, fewer"):
        compare_named(board, "letters", ["none", "fewer"])
    with pytest.raises(UsageError, match="name two rows or more"):
        compare_named(board, "letters", ["fewer", "fewer"])
    with pytest.raises(
        UsageError, match="holds no rows of 'digits'; give the folder of a board with --board"
    ):
        compare_named(board, "digits", ["fewer", "none"])
