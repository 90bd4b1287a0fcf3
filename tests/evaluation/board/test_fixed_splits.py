import json
from random import Random

import pytest

from nerforge.api.board.fixed_split import split_corpus
from nerforge.evaluation.board.splits.fixed_splits import NESTED_ROWS
from nerforge.evaluation.board.splits.split_file import read_split
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.input_files import Inputs
from nerforge.generators.datasets.dataset import DatasetOptions

pytestmark = pytest.mark.whole
NAMES = [a + b for a in "王李张刘陈杨赵黄周吴" for b in "平安明华强军伟芳"]
PLACES = ["北京", "上海", "济南", "青岛", "菏泽"]


def rows(n=600):
    rng = Random(0)
    for number in range(n):
        name, place = rng.choice(NAMES), rng.choice(PLACES)
        text = f"第{number}天{name}从{place}寄来了{rng.randrange(10**6)}封信"
        at = text.index(name)
        entities = [
            {"start_idx": at, "end_idx": at + 2, "entity_text": name, "entity_label": "PER"},
            {"start_idx": at + 3, "end_idx": at + 5, "entity_text": place, "entity_label": "GPE"},
        ]
        yield {"text": text, "entities": entities if number % 3 else []}


def write(path, corpus):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in corpus), encoding="utf-8")
    return path


def split(path, out, **options):
    return split_corpus("corpus", path, out, task="ccfbdci", **options)


def gold(folder, part):
    return [
        json.loads(x) for x in (folder / "gold" / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return write(tmp_path_factory.mktemp("corpus") / "letters.jsonl", rows())


@pytest.fixture(scope="module")
def made(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("split") / "out"
    split(corpus, folder)
    return folder


def test_the_order_of_the_corpus_and_repeated_rows_do_not_change_a_split(made, tmp_path):
    shuffled = [*rows(), *rows(50)]
    Random(1).shuffle(shuffled)
    again = split(write(tmp_path / "letters.jsonl", shuffled), tmp_path / "out")
    assert again.parts == read_split(made).parts
    assert again.source.repeated_texts == 50


def test_every_nested_part_is_the_beginning_of_its_part(made):
    parts = read_split(made).parts
    assert list(parts) == ["train", "train_250", "dev", "test"]
    assert gold(made, "train_250") == gold(made, "train")[:250]
    assert NESTED_ROWS["train"][0] == 250


def test_no_text_is_in_two_parts(made):
    texts = [row["text"] for part in NESTED_ROWS for row in gold(made, part)]
    assert len(texts) == len(set(texts)) == 600


def test_training_does_without_texts_that_test_nearly_says(corpus, made, tmp_path):
    told = gold(made, "test")[0]
    near = {"text": told["text"] + "呀", "entities": []}
    again = split(write(tmp_path / "letters.jsonl", [*rows(), near]), tmp_path / "out")
    held_out = {row["text"] for part in ("dev", "test") for row in gold(tmp_path / "out", part)}
    # The new text may itself be held out: then the one it resembles is the one that training lacks.
    assert held_out & {told["text"], near["text"]}
    assert not {told["text"], near["text"]} <= {row["text"] for row in gold(tmp_path / "out", "train")}
    assert again.source.near_duplicates_of_dev_or_test <= 1


def test_a_data_set_made_of_parts_has_the_ids_of_the_split(made, tmp_path):
    files = {"train": "train_250", "dev": "dev", "test": "test"}
    inputs = Inputs(**{part: (made / "gold" / f"{name}.jsonl",) for part, name in files.items()})
    generate_corpus("ccfbdci", inputs, DatasetOptions(tmp_path / "data", 0, 0, answer_format="xml"))
    for part, name in files.items():
        assert gold(tmp_path / "data", part) == gold(made, name)


def test_the_first_labelling_of_a_text_counts_and_the_others_are_counted(tmp_path):
    corpus = list(rows())
    corpus.append({"text": corpus[0]["text"], "entities": corpus[1]["entities"][:0]})
    corpus.append({"text": corpus[1]["text"], "entities": []})
    told = split(write(tmp_path / "letters.jsonl", corpus), tmp_path / "out").source
    assert (told.repeated_texts, told.contradictory_texts) == (2, 1)


def test_a_corpus_that_gives_another_split_than_the_known_one_is_refused(corpus, tmp_path):
    message = (
        r"another split than the known ccfbdci: test found 60 rows .* expected 920 .* 600 rows were read"
    )
    with pytest.raises(UserError, match=message):
        split_corpus("ccfbdci", corpus, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_known_split_has_no_settings(corpus, tmp_path):
    with pytest.raises(UsageError, match=r"--limit, --dev: the split cmeee is fixed"):
        split_corpus("cmeee", corpus, tmp_path / "out", limit=3, dev=0.2)
    with pytest.raises(UsageError, match="unknown split 'msra'; known: ccfbdci, cmeee, corpus"):
        split_corpus("msra", corpus, tmp_path / "out")


def test_shares_leave_something_to_train_and_to_test_with(corpus, tmp_path):
    with pytest.raises(UsageError, match="each must be above 0, and together below 1"):
        split(corpus, tmp_path / "out", dev=0.0)


def test_only_a_split_is_replaced(corpus, made, tmp_path):
    with pytest.raises(UserError, match="already holds a data set"):
        split(corpus, made)
    before = read_split(made).parts
    assert split(corpus, made, overwrite=True).parts == before
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").touch()
    with pytest.raises(UserError, match=r"is not empty and holds no split\.json"):
        split(corpus, tmp_path / "out", overwrite=True)
