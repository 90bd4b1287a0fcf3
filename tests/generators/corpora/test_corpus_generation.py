"""From a source to a dataset directory in one call."""

import json

import msgspec
import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.templates.tasks import load_task


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def gold(folder):
    schema = load_task("cmeee").schema
    return {path.stem: read_gold(path, schema) for path in (folder / "gold").iterdir()}


@pytest.fixture
def corpus(tmp_path):
    """Two hundred rows, every second with an entity, one of them faulty."""
    lines = []
    for i in range(200):
        value = "头痛" if i == 150 else "发热"
        entity = {"start_idx": 0, "end_idx": 0, "entity_text": value, "entity_label": "sym"}
        lines.append({"text": f"发热第{i}天", "entities": [entity] if i % 2 == 0 else []})
    path = tmp_path / "cmeee.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def numbers(samples):
    return [int(sample.id.split("-")[1]) for sample in samples]


def test_one_seed_gives_the_same_bytes_from_a_corpus(tmp_path, corpus):
    for name in ("a", "b"):
        generate_corpus("cmeee", corpus, DatasetOptions(tmp_path / name), SampleChoice(limit=50))
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_corpus_is_written_as_a_complete_data_set(tmp_path, corpus):
    options = DatasetOptions(tmp_path / "out", dev=0.1, test=0.1)
    manifest = msgspec.to_builtins(generate_corpus("cmeee", corpus, options))
    sizes = {name: len(samples) for name, samples in gold(tmp_path / "out").items()}
    assert sizes == {"train": 159, "dev": 20, "test": 20}
    assert (manifest["source"]["rows"], manifest["source"]["dropped_rows"]) == (200, {"lost": 1})
    assert manifest["source"]["offsets"] == {
        "unit": "code_points",
        "first": 0,
        "end": "off_by_one",
        "ends_off_convention": 0,
    }
    assert manifest["settings"] == {
        "limit": None,
        "head": False,
        "split": "random",
        "empty": None,
        "dev": 0.1,
        "test": 0.1,
        "strict": False,
        "label_order": "fixed",
        "shots": 0,
        "normalise": [],
        "max_chars": None,
        "max_tokens": None,
        "near_duplicates": "report",
        "similarity": 0.8,
        "formats": [],
    }


def test_a_faulty_corpus_is_refused_when_told(tmp_path, corpus):
    message = (
        r"cmeee\.jsonl:151: entity '头痛' \(sym\) is not in the text\ncorrect the file, or omit --strict"
    )
    with pytest.raises(UserError, match=message):
        generate_corpus("cmeee", corpus, DatasetOptions(tmp_path / "out"), strict=True)
    assert list(tmp_path.iterdir()) == [corpus]


def test_a_limit_draws_from_the_whole_file_in_its_order(tmp_path, corpus):
    options = DatasetOptions(tmp_path / "out", dev=0, test=0)
    manifest = msgspec.to_builtins(generate_corpus("cmeee", corpus, options, SampleChoice(limit=20)))
    drawn = numbers(gold(tmp_path / "out")["train"])
    assert len(drawn) == 20
    assert drawn == sorted(drawn)
    assert min(drawn) < 100 < max(drawn)
    assert manifest["source"]["not_drawn"] == 179


def test_the_head_is_taken_when_asked_for(tmp_path, corpus):
    options = DatasetOptions(tmp_path / "out", dev=0, test=0)
    generate_corpus("cmeee", corpus, options, SampleChoice(limit=20, head=True))
    assert numbers(gold(tmp_path / "out")["train"]) == list(range(1, 21))


def test_the_file_may_be_told_apart_by_hand(tmp_path, corpus):
    with pytest.raises(UsageError, match="unknown layout 'xls'"):
        generate_corpus("cmeee", corpus, DatasetOptions(tmp_path / "out"), reading=ReadingOptions("xls"))


def test_progress_ends_with_all_samples(tmp_path, corpus):
    seen = []
    generate_corpus(
        "cmeee", corpus, DatasetOptions(tmp_path / "out"), on_progress=lambda *done: seen.append(done)
    )
    assert seen[-1] == (199, 199)


def test_a_limit_above_the_file_takes_it_whole(tmp_path, corpus):
    options = DatasetOptions(tmp_path / "out", dev=0, test=0)
    manifest = msgspec.to_builtins(generate_corpus("cmeee", corpus, options, SampleChoice(limit=5000)))
    assert manifest["splits"]["train"]["samples"] == 199
    assert manifest["source"]["not_drawn"] == 0


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(tmp_path, corpus, limit):
    with pytest.raises(UsageError, match=f"--limit {limit}: must be at least 1"):
        generate_corpus("cmeee", corpus, DatasetOptions(tmp_path / "out"), SampleChoice(limit=limit))


def test_a_missing_corpus_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.jsonl: no such file"):
        generate_corpus("cmeee", tmp_path / "nowhere.jsonl", DatasetOptions(tmp_path / "out"))


def test_an_unknown_task_lists_the_known_ones(tmp_path, corpus):
    with pytest.raises(UsageError, match="unknown task 'conll'; known: ccfbdci, cmeee, power"):
        generate_corpus("conll", corpus, DatasetOptions(tmp_path / "out"))


def test_an_existing_data_set_is_replaced_only_when_told(tmp_path, corpus):
    def generate(**options):
        generate_corpus("cmeee", corpus, DatasetOptions(tmp_path / "out", **options))

    generate(seed=1)
    before = files(tmp_path / "out")
    with pytest.raises(UserError, match="already holds a data set"):
        generate(seed=2)
    assert files(tmp_path / "out") == before
    generate(seed=2, overwrite=True)
    assert files(tmp_path / "out") != before


def test_the_folder_of_a_corpus_does_not_matter(tmp_path, corpus):
    (tmp_path / "elsewhere").mkdir()
    moved = corpus.rename(tmp_path / "elsewhere" / corpus.name)
    generate_corpus("cmeee", moved, DatasetOptions(tmp_path / "a"))
    generate_corpus("cmeee", moved.rename(corpus), DatasetOptions(tmp_path / "b"))
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert b"cmeee.jsonl:151: entity" in files(tmp_path / "a")["manifest.json"]
