"""What the page about slots says of one query is what the rooms make of it."""

from pathlib import Path

import numpy as np
import pytest

import nerforge.generators.slots
from nerforge.generators.slots.domain.slot_domain import read_domain
from nerforge.generators.slots.drawing.holdout import divide
from nerforge.generators.slots.drawing.noise import Noise
from nerforge.generators.slots.drawing.plan import make_plan
from nerforge.generators.slots.language.grammar_cache import build_grammar
from nerforge.generators.slots.language.pieces import compose
from nerforge.templates.answers import load_format

SHARES = {"dev": 0.1, "test": 0.1}


@pytest.fixture(scope="module")
def page():
    return (Path(nerforge.generators.slots.__file__).parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.whole
def test_the_page_follows_the_query_that_is_drawn(page):
    domain = read_domain()
    grammar = build_grammar(domain)
    division = divide(domain, grammar, "random", SHARES, 42)
    plan = make_plan(grammar, division, 1_000, shares=SHARES, negatives=0.05, seed=42)
    split = plan.splits["train"]
    here = np.array([1])
    row = Noise(domain, grammar, split).add(split.rows(here), here)
    pieces = [grammar.pool[number] for number in row.pieces[0].tolist() if number]
    stratum = split.strata[row.stratum[0]]
    [date] = [d for d in domain.dates[stratum.date_class] if d.surface == pieces[0].text]

    assert not row.channels[0]
    assert f"`{stratum.date_class}` holds {date.surface}, which means {date.first} to {date.last}" in page
    assert f"stratum {row.stratum[0]}: columns" in page
    said = " ".join(page.split())
    for column in stratum.columns:
        assert f"`{column.kind}` ({len(column.numbers):,}" in said
    assert f"so {stratum.size:,} sentences" in page
    first, second, third, last = (piece.text for piece in pieces)
    assert f"the pieces {first}, {second}, {third} and {last}" in page
    assert load_format("xml").encode(compose("", pieces, {}), domain.schema) in page
    values = {entity.text for entity in pieces[1].entities}
    [values_of_row] = [r.values for r in domain.tables["places"].rows if values == set(r.values)]
    assert f"the values {', '.join(values_of_row)}" in page
    templates = (domain.templates_file).read_text(encoding="utf-8")
    [line] = [
        ln for ln in templates.splitlines() if ln.startswith(grammar.templates[stratum.template].name + ":")
    ]
    assert f"`{line}`" in page


def test_the_page_names_the_rooms_there_are(page):
    folder = Path(nerforge.generators.slots.__file__).parent
    rooms = {path.name for path in folder.iterdir() if (path / "__init__.py").exists()}
    assert rooms == {line.split("`")[1].rstrip("/") for line in page.splitlines() if line.startswith("| `")}
