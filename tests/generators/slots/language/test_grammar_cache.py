"""Compiled grammars come back from the cache as they were, and only for what they were compiled from."""

import os
import threading
from dataclasses import replace
from datetime import date
from functools import cache

import msgspec
import numpy as np
import pytest

from nerforge.foundation.files.caching import SWITCH
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.domain.slot_domain import POWER, read_domain
from nerforge.generators.slots.generate import SlotOptions, generate_slots, select
from nerforge.generators.slots.language import grammar_cache
from nerforge.generators.slots.language.grammar_cache import build_grammar
from nerforge.generators.slots.language.grammar_compiler import compile_grammar
from nerforge.templates.domain import LabelSchema

WATER = POWER.parent / "examples" / "water"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(SWITCH, str(tmp_path / "cache"))
    return tmp_path / "cache" / "grammars"


@pytest.fixture
def compiled(monkeypatch):
    """The policies of the grammars that were compiled, one for each."""
    policies = []

    def compile_and_count(domain, policy):
        policies.append(policy)
        return compile_grammar(domain, policy)

    monkeypatch.setattr(grammar_cache, "compile_grammar", compile_and_count)
    return policies


FEW = {"templates": ("station", "device"), "dates": ("relative_month",)}


@cache
def small():
    return select(read_domain(WATER), **FEW)


def same(one, other):
    assert list(one.pool) == list(other.pool)
    assert (one.templates, one.ambiguous, one.dropped) == (other.templates, other.ambiguous, other.dropped)
    assert one.dates_left_out == other.dates_left_out
    assert {k: v.tolist() for k, v in one.added.items()} == {k: v.tolist() for k, v in other.added.items()}
    for mine, theirs in zip(one.strata, other.strata, strict=True):
        assert (mine.template, mine.noise, mine.date_class, mine.share, mine.size) == (
            *(theirs.template, theirs.noise, theirs.date_class, theirs.share, theirs.size),
        )
        for c, d in zip(mine.columns, theirs.columns, strict=True):
            assert (c.kind, c.is_covered) == (d.kind, d.is_covered)
            assert np.array_equal(c.numbers, d.numbers)


def test_a_grammar_comes_back_as_it_was_compiled(folder, compiled):
    first, second = build_grammar(small()), build_grammar(small())
    assert compiled == ["omit"]
    same(first, second)


def test_strata_share_the_arrays_of_columns_as_before(folder, compiled):
    def sharing(grammar):
        numbers = {}
        arrays = (column.numbers for stratum in grammar.strata for column in stratum.columns)
        return [numbers.setdefault(id(array), len(numbers)) for array in arrays]

    assert sharing(build_grammar(small())) == sharing(build_grammar(small()))


CHANGES = {
    "policy": (lambda domain: domain, "first"),
    "a template less": (lambda domain: replace(domain, templates=domain.templates[1:]), "omit"),
    "a row less": (
        lambda domain: replace(
            domain, tables={n: replace(t, rows=t.rows[1:]) for n, t in domain.tables.items()}
        ),
        "omit",
    ),
    "a word less": (
        lambda domain: replace(domain, words={name: words[1:] for name, words in domain.words.items()}),
        "omit",
    ),
    "fewer dates": (lambda domain: replace(domain, date_names=("month",)), "omit"),
    "another day": (
        lambda domain: replace(
            domain, spec=msgspec.structs.replace(domain.spec, reference_day=date(2023, 3, 3))
        ),
        "omit",
    ),
    "no confusions": (lambda domain: replace(domain, confusions={}), "omit"),
    "other words around": (lambda domain: replace(domain, added={"polite": ("劳驾",)}), "omit"),
    "labels that are inferred": (
        lambda domain: replace(
            domain,
            task=replace(
                domain.task,
                schema=LabelSchema(
                    tuple(
                        replace(label, inferable=not label.inferable) for label in domain.task.schema.labels
                    ),
                    nested=False,
                    language=domain.task.schema.language,
                ),
            ),
        ),
        "omit",
    ),
}


@pytest.mark.parametrize(("change", "policy"), CHANGES.values(), ids=CHANGES)
def test_whatever_a_grammar_follows_from_has_an_entry_of_its_own(change, policy):
    assert grammar_cache._key(small(), "omit", "code") == grammar_cache._key(small(), "omit", "code")
    changed = grammar_cache._key(change(small()), policy, "code")
    assert changed != grammar_cache._key(small(), "omit", "code")


def test_changed_code_finds_no_entry_of_the_old_one(folder, compiled, monkeypatch):
    build_grammar(small())
    monkeypatch.setattr(grammar_cache, "_code_version", lambda: "another")
    build_grammar(small())
    assert len(compiled) == 2


def test_without_code_in_files_nothing_is_cached(folder, compiled, monkeypatch):
    monkeypatch.setattr(grammar_cache, "_code_version", lambda: None)
    build_grammar(small())
    assert not folder.exists()


@pytest.mark.parametrize("content", [b"", b"\xc1", msgspec.msgpack.encode({"pieces": 1})])
def test_an_entry_of_another_form_is_compiled_again(folder, compiled, content):
    build_grammar(small())
    [entry] = folder.iterdir()
    grammar_cache.Cache("grammars", 1_000).write(entry.name, content)
    same(build_grammar(small()), build_grammar(small()))
    assert len(compiled) == 2


def test_processes_that_write_one_entry_at_once_all_get_the_grammar(folder):
    found = []
    threads = [threading.Thread(target=lambda: found.append(build_grammar(small()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for grammar in found[1:]:
        same(found[0], grammar)
    assert len(list(folder.iterdir())) == 1


def files(out):
    return {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.mark.whole
@pytest.mark.parametrize("split", ["random", "by-value"])
def test_the_bytes_are_the_same_with_and_without_the_cache(tmp_path, monkeypatch, split):
    made = []
    slots = SlotOptions(
        200,
        domain=WATER,
        split=split,
        n_workers=1,
        only_templates=FEW["templates"],
        only_dates=FEW["dates"],
    )
    for number, switch in enumerate(["off", str(tmp_path / "cache"), str(tmp_path / "cache")]):
        monkeypatch.setenv(SWITCH, switch)
        generate_slots(slots, DatasetOptions(tmp_path / str(number), dev=0.1, test=0.1, seed=3))
        made.append(files(tmp_path / str(number)))
    assert (tmp_path / "cache" / "grammars").exists()
    assert made[0] == made[1] == made[2]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_cache_without_permission_is_ignored(folder, compiled):
    folder.parent.mkdir()
    folder.parent.chmod(0o500)
    build_grammar(small())
    assert compiled == ["omit"]
