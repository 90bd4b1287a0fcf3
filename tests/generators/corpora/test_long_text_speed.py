"""The time for a long text grows as its length does, whatever it is written as."""

import json
import time

import pytest

from nerforge.generators.corpora.corpus import Corpus
from nerforge.templates.answers import load_format

N_SHORT, TIMES, TOO_MANY = 20_000, 4, 10
"""Four times the length may take ten times as long, on a busy machine; what is quadratic takes sixteen."""


def write(path, n_characters, *, is_stale):
    """Write a text of as many different names as an entity every 40 characters needs, half of them short."""
    n = n_characters // 40
    names = [chr(0x4E00 + k) + (chr(0x6E00 + k % 500) if k % 2 else "芳") for k in range(n)]
    text = "".join(f"{name}于昨日下午乘船到青岛港，今早离开。🌊"[:39] + "\n" for name in names)
    spans, at = [], 0
    for name in names:
        at = text.index(name, at)
        shift = 5 if is_stale else 0
        entity = {"start_idx": at + shift, "end_idx": at + shift + 2, "entity_text": name}
        spans.append(entity | {"entity_label": "PER"})
        at += 2
    path.write_text(json.dumps({"text": text, "entities": spans}, ensure_ascii=False), "utf-8")
    return path


def seconds(path, answer_format):
    begin = time.process_time()
    corpus = Corpus(path)
    [(sample, _)] = corpus.samples(corpus.report())
    assert sample is not None and len(sample.entities) > 100
    written = load_format(answer_format).encode(sample, corpus.task.schema)
    load_format(answer_format).decode(written, sample.text, corpus.task.schema)
    return time.process_time() - begin


@pytest.mark.parametrize("is_stale", [False, True], ids=["right", "stale"])
@pytest.mark.parametrize("answer_format", ["json", "xml", "occurrence", "grouped"])
def test_time_is_linear_in_the_length_of_a_text(tmp_path, answer_format, is_stale):
    short = write(tmp_path / "short.jsonl", N_SHORT, is_stale=is_stale)
    long = write(tmp_path / "long.jsonl", N_SHORT * TIMES, is_stale=is_stale)
    seconds(short, answer_format)
    ratios = []
    for _ in range(3):
        ratios.append(seconds(long, answer_format) / seconds(short, answer_format))
        if ratios[-1] < TOO_MANY:
            return
    raise AssertionError(f"four times the length took {ratios} times as long")
