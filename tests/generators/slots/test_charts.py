import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from nerforge.generators.charting.bar_charts import MAX_BARS, STATS_FILES
from nerforge.generators.manifests.kinds import SlotManifest
from nerforge.generators.slots.charts import draw_stats, make_panels
from tests.sample_manifests import slot_manifest

SVG = "{http://www.w3.org/2000/svg}"


def split(n: int, **counts: Any) -> dict[str, Any]:
    return {
        "samples": n,
        "entities": {"City": 2 * n, "Date": n},
        "templates": {"city": n},
        "date_classes": {"none": n},
        "noise": {},
        "ambiguous": 0,
        "left_open": 0,
        "characters": {"8": n},
        "entities_per_sample": {"3": n},
    } | counts


def manifest(**splits: dict[str, Any]) -> SlotManifest:
    return slot_manifest(splits)


def panels(**counts: Any) -> dict[str, list[str]]:
    return {panel.title: list(panel.bars) for panel in make_panels(manifest(train=split(10, **counts)))}


def texts(folder: Path) -> list[str]:
    root = ElementTree.fromstring((folder / "stats.svg").read_bytes())
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def test_counts_of_the_splits_stand_side_by_side_with_what_shares_are_taken_of() -> None:
    both = manifest(
        train=split(10, templates={"city": 8, "look-alike": 2}), test=split(4, templates={"company": 4})
    )
    by_title = {panel.title: panel for panel in make_panels(both)}
    assert by_title["Rows by template"].bars == {"city": (8, 0), "company": (0, 4), "look-alike": (2, 0)}
    assert by_title["Rows by template"].n_all == 14
    assert by_title["Entities by label"].n_all == 42


def test_bars_are_sorted_by_size_and_numbers_by_themselves() -> None:
    shown = panels(templates={"b": 2, "a": 2, "c": 6}, entities_per_sample={"10": 9, "2": 1})
    assert shown["Rows by template"] == ["c", "a", "b"]
    assert shown["Rows by number of entities"] == ["2", "10"]


def test_rows_without_a_date_are_told_and_no_form() -> None:
    assert panels(date_classes={"none": 1_234, "day": 2})["Rows by date form (none: 1,234)"] == ["day"]


def test_ambiguous_rows_are_those_answered_in_full_and_those_left_open() -> None:
    made = make_panels(manifest(train=split(10, ambiguous=5, left_open=2)))
    (bars,) = [panel.bars for panel in made if panel.title == "Ambiguous rows (policy: omit)"]
    assert bars == {"answered in full": (3,), "a level left open": (2,)}


def test_a_panel_without_bars_is_left_out() -> None:
    assert "Rows by noise" not in panels()
    assert "Rows by noise" in panels(noise={"typo": 1})


@pytest.mark.parametrize(
    ("lengths", "names"),
    [
        ([8], ["8"]),
        ([8, 10], ["8", "9", "10"]),
        ([7, 19], ["6–7", "8–9", "10–11", "12–13", "14–15", "16–17", "18–19"]),
        ([3, 255], ["0–49", "50–99", "100–149", "150–199", "200–249", "250–299"]),
    ],
    ids=["one length", "short range", "pairs", "everything"],
)
def test_lengths_are_put_in_bins_that_miss_none_and_lose_no_row(lengths: list[int], names: list[str]) -> None:
    counts = {str(length): 5 for length in lengths}
    made = make_panels(manifest(train=split(10, characters=counts)))
    (bars,) = [panel.bars for panel in made if panel.title == "Rows by characters"]
    assert list(bars) == names
    assert sum(n for (n,) in bars.values()) == 5 * len(lengths)


@pytest.mark.whole
def test_the_picture_names_the_set_and_writes_every_count_at_its_bar(tmp_path: Path) -> None:
    drawn = draw_stats(manifest(train=split(9_000), test=split(345)), tmp_path)
    assert [path.name for path in drawn] == list(STATS_FILES)
    found = texts(tmp_path)
    assert {"power: 9,345 rows, seed 7, by-template split", "train 9,000", "test 345"} <= set(found)
    assert {"City", "18,690", "Date", "9,345"} <= set(found)


def test_the_png_is_one_of_a_readable_size(tmp_path: Path) -> None:
    draw_stats(manifest(train=split(10)), tmp_path)
    image = (tmp_path / "stats.png").read_bytes()
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert image.endswith(b"IEND\xaeB`\x82")
    assert int.from_bytes(image[16:20], "big") > 1500


@pytest.mark.whole
def test_the_same_manifest_gives_the_same_bytes_whatever_the_users_settings(tmp_path: Path) -> None:
    import matplotlib

    one, two = tmp_path / "one", tmp_path / "two"
    draw_stats(manifest(train=split(10), dev=split(3)), one)
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.hashsalt": "other"}):
        draw_stats(manifest(train=split(10), dev=split(3)), two)
    for name in STATS_FILES:
        assert (one / name).read_bytes() == (two / name).read_bytes()


def test_no_picture_says_when_or_with_what_it_was_made(tmp_path: Path) -> None:
    draw_stats(manifest(train=split(10)), tmp_path)
    assert b"Software" not in (tmp_path / "stats.png").read_bytes()
    assert not re.search(rb"<dc:(date|creator)>", (tmp_path / "stats.svg").read_bytes())


@pytest.mark.whole
def test_a_long_panel_puts_its_smallest_bars_together(tmp_path: Path) -> None:
    many = {f"t{number}": 100 - number for number in range(MAX_BARS + 9)}
    draw_stats(manifest(train=split(10, templates=many)), tmp_path)
    found = texts(tmp_path)
    assert "10 others" in found
    assert f"{sum(100 - number for number in range(MAX_BARS - 1, MAX_BARS + 9)):,}" in found
    assert f"t{MAX_BARS - 1}" not in found


def test_long_names_are_cut_and_stay_apart(tmp_path: Path) -> None:
    names = [f"{'province-' * 5}{middle}-substation" for middle in ("a", "b")]
    draw_stats(manifest(train=split(10, templates=dict.fromkeys(names, 5))), tmp_path)
    assert {"province-province-province-pr…tion"} < set(texts(tmp_path))
    assert names[1] in texts(tmp_path)


@pytest.mark.whole
@pytest.mark.parametrize("name", ["城市查询", "$a_b$", "<b>&amp;"], ids=["chinese", "maths", "markup"])
def test_a_name_of_any_characters_is_drawn_as_it_is(name: str, tmp_path: Path) -> None:
    draw_stats(manifest(train=split(10, templates={name: 10})), tmp_path)
    assert name in texts(tmp_path)
