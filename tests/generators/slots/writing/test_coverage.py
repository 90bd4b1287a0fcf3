"""What ``--min-count`` guarantees, and what the tool says where the rows are too few for it."""

import json
import re
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from nerforge.foundation.errors import UsageError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.domain.slot_domain import POWER
from nerforge.generators.slots.generate import SlotOptions, generate_slots

pytestmark = pytest.mark.whole

UNDATED = Path(__file__).parent / "undated_templates.txt"
WATER = POWER.parent / "examples" / "water"
SPOKEN = tuple(
    line.split(":")[0].split()[0].removeprefix("!")
    for line in (POWER / "templates.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#") and "{sentence}" not in line
)

WATER_TEMPLATES = (
    *("station", "station-short", "plant", "district", "district-plant", "district-station", "plant-station"),
    *("whole-path", "metric-first", "metric-first-path", "date-last", "device", "device-state"),
    *("device-first", "district-question"),
)


def generate(out, n_rows, min_count, shares=(0.1, 0.1), seed=42, **slots):
    options = DatasetOptions(out, dev=shares[0], test=shares[1], seed=seed)
    return msgspec.to_builtins(
        generate_slots(SlotOptions(n_rows, min_count=min_count, n_workers=1, **slots), options)
    )


def rows_that_would_do(out, min_count, **options):
    with pytest.raises(UsageError, match=r"--rows \d+ would do$") as caught:
        generate(out, 300, min_count, **options)
    assert not out.exists()
    return int(re.findall(r"--rows (\d+) would do", str(caught.value))[0])


def training(out):
    return [json.loads(line) for line in (out / "gold" / "train.jsonl").read_text("utf-8").splitlines()]


def surfaces(rows):
    return Counter(
        (e["label"], e["text"], row["text"][e["start"] : e["end"]])
        for row in rows
        for e in row["entities"]
        if e["start"] is not None and "typo" not in row["meta"].get("noise", ())
    )


@pytest.mark.parametrize(
    ("min_count", "options"),
    [
        pytest.param(1, {"only": {"city": ["菏泽"]}}, id="a city"),
        pytest.param(
            1, {"only": {"city": ["日照"]}, "templates": UNDATED, "seed": 7}, id="another city and seed"
        ),
        pytest.param(
            1, {"only": {"city": ["日照"]}, "templates": UNDATED, "shares": (0.2, 0.3)}, id="other shares"
        ),
        pytest.param(
            1, {"only": {"city": ["日照"]}, "templates": UNDATED, "shares": (0.0, 0.0)}, id="no dev, no test"
        ),
        pytest.param(
            1, {"only": {"city": ["日照"]}, "templates": UNDATED, "ambiguous": "drop"}, id="dropped names"
        ),
        pytest.param(2, {"only": {"city": ["日照"]}, "only_templates": SPOKEN}, id="twice"),
        pytest.param(3, {"only": {"city": ["菏泽"]}, "only_templates": SPOKEN, "seed": 3}, id="three times"),
        pytest.param(2, {"only": {"city": ["日照"]}}, id="twice with sentences of one word"),
        pytest.param(1, {"domain": WATER}, id="another domain"),
        pytest.param(
            1,
            {"only": {"city": ["日照"]}, "templates": UNDATED, "negatives": 0.0},
            id="no sentences without entities",
        ),
        pytest.param(2, {"domain": WATER, "only_templates": WATER_TEMPLATES}, id="splits that round up"),
    ],
)
def test_the_number_of_rows_that_is_named_is_enough(tmp_path, min_count, options):
    n_rows = rows_that_would_do(tmp_path / "out", min_count, **options)
    manifest = generate(tmp_path / "out", n_rows, min_count, **options)
    rows = training(tmp_path / "out")
    templates = Counter(row["meta"]["template"] for row in rows)
    assert min(templates.values()) >= min_count
    said = surfaces(rows)
    by_label = manifest["source"]["coverage"]["names_by_label"]
    for label in {name[0] for name in said} - {"Date"}:
        counts = by_label[label]
        assert counts["names"] == counts["seen"], label
        assert counts["least"] >= min_count, label


def test_too_few_rows_are_refused_with_what_is_rare_and_nothing_is_written(tmp_path):
    with pytest.raises(UsageError, match=r"^--min-count 1: \d+ names, .* in the 100 rows' training split"):
        generate(tmp_path / "out", 100, 1, templates=UNDATED)
    assert list(tmp_path.iterdir()) == []


def test_without_a_limit_few_rows_are_written_and_the_manifest_says_what_they_lack(tmp_path):
    manifest = generate(tmp_path / "out", 100, None, templates=UNDATED)
    coverage = manifest["source"]["coverage"]
    assert coverage["surface_forms_seen"] < 100 < coverage["surface_forms"] < coverage["rows_that_cover_all"]
    assert coverage["names_by_label"]["Substation"]["least"] == 0


def test_every_name_occurs_as_often_as_asked_for_in_the_files(tmp_path):
    n_rows = rows_that_would_do(tmp_path / "out", 2, only={"city": ["日照"]}, only_templates=SPOKEN, noise=())
    generate(tmp_path / "out", n_rows, 2, only={"city": ["日照"]}, only_templates=SPOKEN, noise=())
    said = surfaces(training(tmp_path / "out"))
    lines = (POWER / "shandong.csv").read_text(encoding="utf-8").splitlines()
    of_the_city = [line.split(",") for line in lines if line.split(",")[1] == "日照"]
    for _, _, company, substation, _ in of_the_city:
        stem = substation.removesuffix("供电所")
        for name in [("Company", company, company), ("Substation", substation, substation)]:
            assert said[name] >= 2, name
        assert len(stem) < 2 or said["Substation", substation, stem] >= 2, stem
