"""Sentences to score, as long and as full of entities as the published corpora, with answers to them."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from nerforge.foundation.files.shipped import DATA_DIR
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import Task, load_task

WRONG = 0.2
"""Share of the answers that name a wrong entity, miss one or name one too many."""
BROKEN = 0.02
"""Share of the answers that are cut off."""
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_CHARACTERS = "明华文海东江山平安国春秋云志强永康德义和信宁远新兴长青松柏石泉清风"
_ENDINGS = {
    **{"PER": ("",), "GPE": ("市", "县", "省"), "LOC": ("山", "河", "湖", "路")},
    **{"ORG": ("公司", "大学", "学会", "银行"), "dis": ("病", "炎", "综合征"), "sym": ("痛", "肿", "热")},
    **{"pro": ("检查", "手术"), "equ": ("仪", "机"), "dru": ("片", "素"), "ite": ("值", "酶")},
    **{"bod": ("骨", "腺", "管"), "dep": ("科",), "mic": ("菌", "病毒")},
}


@dataclass(frozen=True)
class Profile:
    """A corpus by what scoring has to do with it."""

    task: str
    without: float
    """Share of the sentences without an entity."""
    length: int
    """Least number of characters; sentences are joined until they have so many."""

    @property
    def schema_task(self) -> Task:
        """The task whose labels the entities have."""
        return load_task(self.task)


NEWS = Profile("ccfbdci", without=0.5, length=26)
"""ccfbdci as published has 34 characters and 1.0 entities a sentence, and none in 58 % of them."""
MEDICAL = Profile("cmeee", without=0.0, length=36)
"""cmeee as published has 54 characters and 5.2 entities a sentence; these do not nest."""


class Row(NamedTuple):
    """A sentence and what a model says of it."""

    sample: Sample
    output: str


def make_rows(n: int, profile: Profile = NEWS, seed: int = 0) -> Iterator[Row]:
    """Draw sentences of a sample corpus with made-up names in place of theirs, and answers to them."""
    rng = random.Random(seed)
    plain, labelled = _corpus(profile.task)
    for number in range(n):
        entities: list[Entity] = []
        text = ""
        source = plain if rng.random() < profile.without else labelled
        while len(text) < profile.length:
            text = _add_sentence(rng, rng.choice(source), text, entities)
            source = plain if profile.without else labelled
        sample = Sample(f"s-{number}", text, tuple(entities))
        yield Row(sample, _answer(rng, sample, profile.schema_task))


@cache
def _corpus(task: str) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    lines = (DATA_DIR / "samples" / f"{task}.jsonl").read_text(encoding="utf-8").splitlines()
    corpus = [json.loads(line) for line in lines]
    return [c for c in corpus if not c["entities"]], [c for c in corpus if c["entities"]]


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
        cursor = span["start_idx"] + len(span["entity_text"])
    return text + source[cursor:]


def _name(rng: random.Random, label: str) -> str:
    core = "".join(rng.choices(_CHARACTERS, k=rng.randint(1, 2) if label == "PER" else 2))
    return (rng.choice(_SURNAMES) if label == "PER" else "") + core + rng.choice(_ENDINGS[label])


def _answer(rng: random.Random, sample: Sample, task: Task) -> str:
    """Write the answer, which may be wrong in one of four ways, and cut off besides."""
    entities = list(sample.entities)
    if rng.random() < WRONG:
        _spoil(rng, entities, sample.text, task)
    output = load_format("json").encode(Sample("", sample.text, tuple(entities)), task.schema)
    return output[: rng.randrange(1, len(output))] if rng.random() < BROKEN else output


def _spoil(rng: random.Random, entities: list[Entity], text: str, task: Task) -> None:
    how = rng.choice(("label", "shift", "missing", "spurious")) if entities else "spurious"
    at = rng.randrange(len(entities)) if entities else 0
    if how == "label":
        entities[at] = Entity(
            rng.choice(task.schema.names), entities[at].text, entities[at].start, entities[at].end
        )
    elif how == "shift":
        entities[at] = _shifted(rng, entities[at], text)
    elif how == "missing":
        del entities[at]
    else:
        start = rng.randrange(len(text) - 2)
        entities.append(Entity(task.schema.names[0], text[start : start + 2], start, start + 2))


def _shifted(rng: random.Random, entity: Entity, text: str) -> Entity:
    assert entity.start is not None and entity.end is not None
    start = max(0, entity.start + rng.choice((-1, 0, 1)))
    end = max(start + 1, min(len(text), entity.end + rng.choice((-1, 1))))
    return Entity(entity.label, text[start:end], start, end)
