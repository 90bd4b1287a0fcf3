"""Sentences to score: the sample corpus with made-up names in it, and answers of which a third are wrong."""

import json
import random
from collections.abc import Iterator
from typing import NamedTuple

from generators.files import DATA_DIR
from templates.answers import load_format
from templates.domain import Entity, Sample
from templates.tasks import load_task

TASK = load_task("ccfbdci")
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_CHARACTERS = "明华文海东江山平安国春秋云志强永康德义和信宁远新兴长青松柏石泉清风"
_ENDINGS = {
    "PER": ("",),
    "GPE": ("市", "县", "省"),
    "LOC": ("山", "河", "湖", "路"),
    "ORG": ("公司", "大学", "学会", "银行"),
}


class Row(NamedTuple):
    """A sentence and what a model says of it."""

    sample: Sample
    output: str


def make_rows(n: int, seed: int = 0, *, without: float = 0.63) -> Iterator[Row]:
    """Draw sentences of the sample corpus and their answers.

    ``without`` is the share of sentences that have no entity; 0.63 as in the published corpus.
    """
    rng = random.Random(seed)
    lines = (DATA_DIR / "samples" / "ccfbdci.jsonl").read_text(encoding="utf-8").splitlines()
    corpus = [json.loads(line) for line in lines]
    plain = [line for line in corpus if not line["entities"]]
    labelled = [line for line in corpus if line["entities"]]
    for number in range(n):
        entities: list[Entity] = []
        text = _add_sentence(rng, rng.choice(plain if rng.random() < without else labelled), "", entities)
        sample = Sample(f"s-{number}", text, tuple(entities))
        yield Row(sample, _answer(rng, sample))


def _add_sentence(rng: random.Random, line: dict[str, object], text: str, entities: list[Entity]) -> str:
    cursor = 0
    source = str(line["text"])
    spans = line["entities"]
    assert isinstance(spans, list)
    for span in sorted(spans, key=lambda span: int(span["start_idx"])):
        if span["start_idx"] < cursor:
            continue
        label = span["entity_label"]
        name = _name(rng, label)
        text += source[cursor : span["start_idx"]]
        entities.append(Entity(label, name, len(text), len(text) + len(name)))
        text += name
        cursor = span["end_idx"]
    return text + source[cursor:]


def _name(rng: random.Random, label: str) -> str:
    core = "".join(rng.choices(_CHARACTERS, k=rng.randint(1, 2) if label == "PER" else 2))
    return (rng.choice(_SURNAMES) if label == "PER" else "") + core + rng.choice(_ENDINGS[label])


def _answer(rng: random.Random, sample: Sample) -> str:
    """Write the answer; one in three is wrong in one of five ways."""
    wrong = rng.choice(("label", "shift", "missing", "spurious", "broken")) if rng.random() < 1 / 3 else ""
    entities = list(sample.entities)
    at = rng.randrange(len(entities)) if entities else 0
    if entities and wrong == "label":
        entity = entities[at]
        entities[at] = Entity(rng.choice(TASK.schema.names), entity.text, entity.start, entity.end)
    elif entities and wrong == "shift":
        entities[at] = _shifted(rng, entities[at], sample.text)
    elif entities and wrong == "missing":
        del entities[at]
    elif wrong in ("spurious", "label", "shift", "missing"):
        start = rng.randrange(len(sample.text) - 2)
        entities.append(Entity("PER", sample.text[start : start + 2], start, start + 2))
    output = load_format("json").encode(Sample("", sample.text, tuple(entities)), TASK.schema)
    return output[: rng.randrange(1, len(output))] if wrong == "broken" else output


def _shifted(rng: random.Random, entity: Entity, text: str) -> Entity:
    assert entity.start is not None and entity.end is not None
    start = max(0, entity.start + rng.choice((-1, 0, 1)))
    end = max(start + 1, min(len(text), entity.end + rng.choice((-1, 1))))
    return Entity(entity.label, text[start:end], start, end)
