"""Several files of a corpus: what contradicts itself, what they are called, and what their ids begin with."""

from pathlib import Path

import pytest

from nerforge.foundation.errors import UsageError
from nerforge.generators.corpora.input_files import InputFile, Inputs, tell_apart

A, B, C = Path("a.jsonl"), Path("b.jsonl"), Path("c.jsonl")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no corpus; give --input FILE, or published splits"),
        ({"divided": (A,), "train": (B,)}, "--input and --train: give one of them"),
        ({"divided": (A, B, A)}, "a.jsonl: is given twice, with --input"),
        ({"train": (A,), "test": (Path.cwd() / A,)}, "is given twice, with --train and --test"),
    ],
    ids=["nothing", "divided and train", "twice", "two splits"],
)
def test_inputs_that_contradict_themselves_are_refused(given, message):
    with pytest.raises(UsageError, match=message):
        Inputs(**given)


def test_files_keep_their_tags_when_others_are_added():
    few = Inputs(train=(A,), test=(B,)).files()
    more = Inputs(train=(A, Path("d.jsonl")), dev=(C,), test=(B, Path("e.jsonl"))).files()
    assert [(x.split, x.tag) for x in few] == [("train", ""), ("test", "test")]
    assert [(x.split, x.tag) for x in more] == [
        ("train", ""),
        ("train", "2"),
        ("dev", "dev"),
        ("test", "test"),
        ("test", "test2"),
    ]
    assert set(few) < set(more)


def test_a_single_file_has_no_tag():
    inputs = Inputs((A,))
    assert inputs.files() == [InputFile(A, "a.jsonl")]
    assert inputs.is_single
    assert not Inputs(test=(A,)).is_single


def test_files_of_one_name_are_told_apart_by_their_folders():
    paths = [
        Path("/x/one/dev.json"),
        Path("/x/two/dev.json"),
        Path("/x/two/test.json"),
        Path("/y/one/dev.json"),
    ]
    assert tell_apart(paths) == ["x/one/dev.json", "two/dev.json", "test.json", "y/one/dev.json"]
