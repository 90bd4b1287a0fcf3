import json
import random
from pathlib import Path

import pytest

from nerforge.generators.slots.domain.slot_domain import read_domain
from nerforge.generators.slots.language.grammar_cache import build_grammar
from nerforge.llamafactory_configs.rendering.training_yaml import TINY_BASE
from nerforge.templates.answers import FORMATS
from nerforge.templates.prompts import render_prompt


def vocabulary(base: Path) -> set[str]:
    names: dict[str, int] = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))["model"][
        "vocab"
    ]
    return set(names)


@pytest.mark.whole
def test_every_character_of_the_power_domain_is_a_token_of_the_tiny_base() -> None:
    domain = read_domain()
    pool = build_grammar(domain, "omit").pool
    said, _ = pool.texts()
    typed = [character for others in domain.confusions.values() for character in others]
    wide = [pool[pool.wide(number)].text for number in range(0, pool.n_packed, 50)]
    assert len(set(said)) > 1_000 and "以" in said and "的" in said
    assert set(said).union(typed, *wide) - vocabulary(TINY_BASE) == set()


def test_the_short_prompts_of_the_power_task_need_no_byte_tokens() -> None:
    task = read_domain().task
    said = "".join(render_prompt(task, name, "short").text for name in FORMATS)
    assert set(said) - vocabulary(TINY_BASE) == set()


@pytest.mark.train
def test_an_extended_base_keeps_the_embeddings_of_its_tokens(tmp_path: Path) -> None:
    import numpy as np
    from safetensors.numpy import load_file

    from nerforge.llamafactory_configs.tiny_base.tokens import token_ids
    from nerforge.llamafactory_configs.tiny_base.weights import extend

    tokenizer = json.loads((TINY_BASE / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    tokenizer["model"]["vocab"] = {"新": 0, **{token: at + 1 for token, at in vocabulary.items()}}
    for token in tokenizer["added_tokens"]:
        token["id"] += 1
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer), encoding="utf-8")
    extend(TINY_BASE, tmp_path, seed=1)

    name = "model.embed_tokens.weight"
    before, now = (load_file(base / "model.safetensors") for base in (TINY_BASE, tmp_path))
    old, new = token_ids(TINY_BASE), token_ids(tmp_path)
    assert np.array_equal(before[name][list(old.values())], now[name][[new[token] for token in old]])
    assert before.keys() == now.keys()
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["vocab_size"] == len(now[name]) >= len(new)


def test_no_invented_place_has_the_name_of_a_real_one() -> None:
    from nerforge.llamafactory_configs.tiny_base.invented_places import Cities, Names, invented_domain

    rng = random.Random(1)
    domain = invented_domain(Cities(3, 4, 5), ("substation",), Names(rng))
    invented = {value for row in domain.tables["places"].rows for value in row.values}
    real = {value for row in read_domain().tables["places"].rows for value in row.values}
    assert len(invented) > 60
    assert invented & real == set()
    names = Names(rng)
    names._characters = ["麒", "麟"]
    assert {names.invent(2) for _ in range(100)} == {"麒麒", "麟麟", "麟麒"}
