import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from nerforge.generators.corpora.statistics.corpus_charts import (
    draw_corpus_stats,
    make_corpus_panels,
    make_lengths,
    make_mentions,
    statistics_of,
)
from nerforge.generators.corpora.statistics.corpus_counter import take_statistics
from nerforge.generators.manifests.corpus_statistics import CorpusStatistics
from nerforge.templates.domain import Entity, Sample
from tests.sample_manifests import corpus_manifest

SVG = "{http://www.w3.org/2000/svg}"


def sample(text: str, *entities: tuple[str, int, int]) -> Sample:
    made = tuple(Entity(label, text[start:end], start, end) for label, start, end in entities)
    return Sample("s-1", text, made)


FEVER = sample("患者发热", ("症状", 2, 4))
NESTED = sample("肺部感染", ("dis", 0, 4), ("bod", 0, 2))
SAMPLES = [
    *[("train", FEVER)] * 5,
    ("train", NESTED),
    ("train", sample("今天没有人发热。")),
    ("test", sample("发热", ("dis", 0, 2))),
    ("test", sample("甲乙丙丁戊己庚辛壬癸甲乙丙")),
]


def statistics(samples: list[tuple[str, Sample]]) -> CorpusStatistics:
    return take_statistics(lambda: samples)


def texts(folder: Path) -> list[str]:
    root = ElementTree.fromstring((folder / "stats.svg").read_bytes())
    return ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]


def test_counts_of_the_splits_that_have_samples_stand_side_by_side() -> None:
    panels = {panel.title: panel for panel in make_corpus_panels(statistics(SAMPLES))}
    assert panels["Entities by label"].bars == {"症状": (5, 0), "dis": (1, 1), "bod": (1, 0)}
    assert panels["Rows by characters"].bars == {"1–9": (7, 1), "10–19": (0, 1)}
    assert panels["Rows by number of entities"].bars == {"0": (1, 1), "1": (5, 1), "2": (1, 0)}
    assert panels["Entities inside another (pairs that cross: 0)"].bars == {"bod in dis": (1, 0)}
    assert (panels["Entities by label"].n_all, panels["Rows by characters"].n_all) == (8, 9)


def test_bins_between_others_are_kept_and_those_around_them_left_out() -> None:
    panels = make_corpus_panels(statistics([("train", sample("甲" * 15)), ("train", sample("甲" * 35))]))
    (bars,) = [panel.bars for panel in panels if panel.title == "Rows by characters"]
    assert bars == {"10–19": (1,), "20–29": (0,), "30–39": (1,)}


def test_lengths_are_summed_over_the_splits_and_have_no_empty_bins() -> None:
    lengths = make_lengths(statistics(SAMPLES))
    assert lengths.bins == ["2", "4"]
    assert lengths.rows == {"症状": [5, 0], "dis": [1, 1], "bod": [1, 0]}


def test_doubtful_surfaces_are_told_with_both_kinds_of_mentions() -> None:
    conflicts, unlabelled = make_mentions(statistics(SAMPLES))
    assert (conflicts.title, conflicts.rows) == ("Surfaces with several labels: 1", {"发热": (5, 1)})
    assert conflicts.notes == ["症状 5, dis 1"]
    assert (unlabelled.title, unlabelled.rows) == ("Entities also left unlabelled: 1", {"发热": (6, 1)})


def test_a_surface_of_many_labels_is_told_with_the_most_frequent() -> None:
    found = make_mentions(statistics([("train", sample("发热", (label, 0, 2))) for label in "aabbccdef"]))
    assert found[0].notes == ["a 2, b 2, c 2, d 1, 2 more"]
    assert found[0].rows == {"发热": (2, 7)}


@pytest.mark.whole
@pytest.mark.parametrize("text", [sample("无"), FEVER], ids=["no entities", "no doubts"])
def test_what_there_is_none_of_is_left_out_of_the_picture(text: Sample, tmp_path: Path) -> None:
    made = corpus_manifest([("train", text)])
    assert make_mentions(statistics_of(made)) == []
    draw_corpus_stats(made, tmp_path)
    assert not [
        text for text in texts(tmp_path) if text.startswith(("Surfaces", "Entities also", "Entities inside"))
    ]


@pytest.mark.whole
def test_the_picture_names_the_set_and_writes_its_counts(tmp_path: Path) -> None:
    drawn = draw_corpus_stats(corpus_manifest(SAMPLES), tmp_path)
    assert [path.name for path in drawn] == ["stats.png", "stats.svg"]
    found = texts(tmp_path)
    assert {"train 7", "test 2", "症状", "症状 5, dis 1", "6 / 1", "bod in dis", "4", "characters"} <= set(
        found
    )
    assert any(text.startswith("clinic: 9 rows, seed 7, random split") for text in found)


@pytest.mark.whole
def test_the_same_manifest_gives_the_same_bytes_whatever_the_users_settings(tmp_path: Path) -> None:
    import matplotlib

    draw_corpus_stats(corpus_manifest(SAMPLES), tmp_path / "one")
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.hashsalt": "other"}):
        draw_corpus_stats(corpus_manifest(SAMPLES), tmp_path / "two")
    for name in ("stats.png", "stats.svg"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


@pytest.mark.whole
def test_no_picture_says_when_or_with_what_it_was_made(tmp_path: Path) -> None:
    draw_corpus_stats(corpus_manifest(SAMPLES), tmp_path)
    assert b"Software" not in (tmp_path / "stats.png").read_bytes()
    assert not re.search(rb"<dc:(date|creator)>", (tmp_path / "stats.svg").read_bytes())


def test_surfaces_with_control_characters_leave_the_picture_readable(tmp_path: Path) -> None:
    odd = "发\x00\n热"
    draw_corpus_stats(corpus_manifest([("train", sample(odd, (label, 0, 4))) for label in "ab"]), tmp_path)
    assert r"发\x00\n热" in texts(tmp_path)


@pytest.mark.whole
def test_hundreds_of_labels_are_drawn_together(tmp_path: Path) -> None:
    draw_corpus_stats(
        corpus_manifest([("train", sample("发热", (f"l{n:03}", 0, 2))) for n in range(300)]), tmp_path
    )
    assert texts(tmp_path).count("261 others") == 2
    assert texts(tmp_path).count("261") == 2
    assert int.from_bytes((tmp_path / "stats.png").read_bytes()[20:24], "big") < 3_000


@pytest.mark.whole
def test_where_no_font_has_chinese_characters_the_picture_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib import font_manager

    ours = [font for font in font_manager.fontManager.ttflist if font.name == "DejaVu Sans"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", ours)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    draw_corpus_stats(corpus_manifest(SAMPLES), tmp_path)
    assert any(text.endswith("(no Chinese font is installed: see stats.svg)") for text in texts(tmp_path))
    draw_corpus_stats(corpus_manifest([("train", sample("a"))]), tmp_path)
    assert not any("font" in text for text in texts(tmp_path))


@pytest.mark.whole
def test_a_font_that_matplotlibs_own_list_does_not_know_yet_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib import font_manager

    ours = [font for font in font_manager.fontManager.ttflist if font.name == "DejaVu Sans"]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", ours)
    added: list[str] = []
    monkeypatch.setattr(
        font_manager, "findSystemFonts", lambda: ["/f/Other.ttf", "/f/NotoSansCJK-Regular.ttc"]
    )
    monkeypatch.setattr(font_manager.fontManager, "addfont", added.append)
    draw_corpus_stats(corpus_manifest(SAMPLES), tmp_path)
    assert added == ["/f/NotoSansCJK-Regular.ttc"]


def test_matplotlib_is_not_imported_before_something_is_drawn() -> None:
    code = (
        "import sys, nerforge.generators.corpora.statistics.corpus_charts; print('matplotlib' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert done.stdout == "False\n"
