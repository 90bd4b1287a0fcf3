"""Criteria are counted alike in whatever way, documented as they are, and added by other packages."""

import json
import re
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from nerforge.cli import main
from nerforge.evaluation.metrics.criteria import CRITERIA, SHIPPED, Criterion, load_criteria
from nerforge.evaluation.metrics.criteria.criterion import best_credit
from nerforge.evaluation.metrics.resampled_counts import ResampledCounts
from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.metrics.slices import Slicer
from nerforge.evaluation.metrics.tallies import ScoreTally
from nerforge.foundation.errors import UserError
from nerforge.templates.domain import Entity, LabelSchema, Sample

ROOT = Path(__file__).parents[3]
TEXT = "甲乙丙丁戊"
SPANS = [(a, b) for a, b in product(range(6), repeat=2) if a < b]
entities = st.builds(
    lambda label, span: Entity(label, TEXT[slice(*span)], *span),
    st.sampled_from("AB"),
    st.sampled_from(SPANS),
)
sides = st.lists(entities, max_size=4, unique=True).map(tuple)

# Half a credit for the same first character, whatever the label: a pair of equals may have to be broken up.
PLUG_IN = """
from nerforge.evaluation.metrics.criteria import Criterion


def _credit(gold, predicted):
    return 1 if gold == predicted else 0.5 * (gold.text[0] == predicted.text[0])


INITIAL = Criterion(
    name="initial", meaning="the values begin alike", credit=_credit, has_fractions=True
)
MISNAMED = Criterion(name="other", meaning="", credit=_credit)
VALUES = Criterion(
    name="values",
    meaning="the value is the same, each once",
    credit=lambda gold, predicted: gold.text == predicted.text,
    key=lambda entity: entity.text,
    is_set=True,
)
"""


def install(folder: Path, *points: str) -> None:
    """Write what pip leaves of a package with criteria."""
    (folder / "acme_criteria.py").write_text(PLUG_IN)
    info = folder / "acme_criteria-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-criteria\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("\n".join(["[nerforge.criteria]", *points, ""]))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def load_plug_in(name: str) -> Criterion:
    scope: dict[str, Criterion] = {}
    exec(PLUG_IN, scope)
    return scope[name]


@pytest.mark.whole
@pytest.mark.parametrize("name", SHIPPED)
@given(gold=sides, predicted=sides)
def test_a_fast_count_is_the_best_matching_by_credits(
    name: str, gold: tuple[Entity, ...], predicted: tuple[Entity, ...]
) -> None:
    criterion = CRITERIA[name]
    assert criterion.matches(gold, predicted) == best_credit(gold, predicted, criterion.credit)


@pytest.mark.whole
@given(corpus=st.lists(st.tuples(sides, sides), max_size=4))
def test_criteria_of_others_are_counted_in_the_tally_as_sentence_by_sentence(
    corpus: list[tuple[tuple[Entity, ...], tuple[Entity, ...]]],
) -> None:
    added = [load_plug_in("INITIAL"), load_plug_in("VALUES")]
    tally = ScoreTally(Slicer(LabelSchema(())), [*(CRITERIA[name] for name in SHIPPED), *added])
    for number, (gold, predicted) in enumerate(corpus):
        tally.add(Sample(str(number), TEXT, gold), predicted)
    counts = ResampledCounts(tally, Bootstrap(0))
    for criterion, label in product(added, (None, "A", "B")):
        parts = [
            criterion.counts(*([e for e in side if label in (None, e.label)] for side in pair))
            for pair in corpus
        ]
        counted = counts.counts(criterion.name, label)
        for name in ("tp", "n_gold", "n_predicted"):
            assert getattr(counted, name) == sum(getattr(part, name) for part in parts)


def test_a_package_adds_a_criterion_to_scores_and_commands(site: Path, tmp_path: Path) -> None:
    install(site, "initial = acme_criteria:INITIAL")
    assert list(CRITERIA) == [*SHIPPED, "initial"]
    gold, pred, out = (tmp_path / name for name in ("gold.jsonl", "pred.jsonl", "scores.json"))
    entity = {"label": "PER", "text": "张伟", "start": 0, "end": 2}
    gold.write_text(json.dumps({"id": "a", "text": "张伟和张", "entities": [entity]}) + "\n")
    pred.write_text(json.dumps({"id": "a", "output": '{"entity_text": "张", "entity_label": "人名"}'}) + "\n")
    run = CliRunner().invoke
    options = ["--gold", gold, "--pred", pred, "--task", "ccfbdci", "--format", "json", "--out", out]
    scored = run(main, ["score", *map(str, options)])
    assert scored.exit_code == 0, scored.output
    assert re.search(r"^initial +50\.0 +50\.0 +50\.0", scored.stdout, re.MULTILINE)
    scores = json.loads(out.read_bytes())
    assert list(scores["criteria"]) == [*SHIPPED, "initial"]
    assert scores["samples"]["criteria"]["initial"]["tp"] == [0.5]


@pytest.mark.parametrize(
    ("point", "fault"),
    [
        ("initial = acme_criteria:MISNAMED", r"'initial' of package acme-criteria .* calls itself 'other'"),
        ("slice = acme_criteria:MISNAMED", r"'slice' of package acme-criteria .* name of another figure"),
    ],
)
def test_a_criterion_is_called_as_its_entry_point_and_as_no_other_figure(
    point: str, fault: str, site: Path
) -> None:
    install(site, point)
    with pytest.raises(UserError, match=fault):
        load_criteria()


@pytest.mark.parametrize(("page", "is_english"), [("scoring.md", True), ("scoring.zh-CN.md", False)])
def test_the_docs_list_the_criteria_with_their_meanings(page: str, is_english: bool) -> None:
    rows = dict(
        re.findall(r"^\| `(\w+)` \| (.*) \|$", (ROOT / "docs" / page).read_text("utf-8"), re.MULTILINE)
    )
    for name in SHIPPED:
        assert rows[name] == CRITERIA[name].meaning if is_english else rows[name]


def test_an_equal_pair_counts_whole_for_every_criterion() -> None:
    entity = Entity("PER", "张伟", 0, 2)
    assert {criterion.credit(entity, entity) for criterion in load_criteria()} == {1}
