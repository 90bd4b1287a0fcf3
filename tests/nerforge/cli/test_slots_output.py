import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.cli.printing.data_sets.slots_output import print_slots, slot_lines
from nerforge.generators.manifests.kinds import SlotManifest
from nerforge.generators.manifests.slot_counts import SlotSource
from tests.sample_manifests import slot_manifest

PRINTED = """\
task power, answers as xml, in out
 split  samples  without entities  entities 
 train  1600     80                4500     
 test   400      0                 1000     
sentences possible: 54,621,763,379
tables: places 1,816 rows; reference day 2024-06-15
names in training: City 32/32 (≥345×), Company 116/294, other words 6/6 (≥5×)
surface forms in training: 1,954/17,812; 26,239 rows would cover all
ambiguous: 325 names of places mean several things, and are answered as far as all meanings agree \
(--ambiguous omit); 60 rows say one, 50 answers leave a level open
split: by-value; held out for test: company 1, substation 2
leaks: 0 of 400 test rows stand in training; 100 (25.0 %) differ from a training row in one piece only: \
date 20.0 %, look-alike places 7.5 %
dates left out: 2 that could be read in two ways, such as 上个周四
noise: typo 12.5 %, space 0.5 %
"""
COUNTED = """
Entities by label  train  test    all     %                          
City               4,000   900  4,900  89.1  ████████████████████████
Date                 500   100    600  10.9  ███                     

Rows by template  train  test    all     %                          
city              1,500   400  1,900  95.0  ████████████████████████
goods               100     0    100   5.0  █                       

Rows by date form (none: 1,700)  train  test  all     %                          
weekday                            200   100  300  15.0  ████████████████████████

Rows by noise  train  test  all     %                          
typo             200    50  250  12.5  ████████████████████████
space             10     0   10   0.5  █                       

Ambiguous rows (policy: omit)  train  test  all    %                          
answered in full                   0    10   10  0.5  █████                   
a level left open                 20    30   50  2.5  ████████████████████████

Rows by characters  train  test    all     %                          
8                   1,500   400  1,900  95.0  ████████████████████████
9                       0     0      0   0.0                          
10                    100     0    100   5.0  █                       

Rows by number of entities  train  test    all     %                          
0                              80     0     80   4.0  █                       
3                           1,520   400  1,920  96.0  ████████████████████████

drawn in out/stats.png and out/stats.svg
"""


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def generate(out: Path, *args: object) -> Result:
    return run("generate", "power", "--rows", 60, "--city", "菏泽", "--out", out, *args)


def without_columns(printed: str) -> list[str]:
    """Give the lines without the widths of columns, which differ from one version of rich to another."""
    return [" ".join(line.split()) for line in printed.splitlines()]


@pytest.fixture
def manifest() -> SlotManifest:
    train = dict(
        samples=1600,
        without_entities=80,
        entities={"Date": 500, "City": 4000},
        templates={"goods": 100, "city": 1500},
        date_classes={"none": 1400, "weekday": 200},
        noise={"space": 10, "typo": 200},
        ambiguous=20,
        left_open=20,
        characters={"8": 1500, "10": 100},
        entities_per_sample={"0": 80, "3": 1520},
    )
    test = dict(
        samples=400,
        without_entities=0,
        entities={"City": 900, "Date": 100},
        templates={"city": 400},
        date_classes={"none": 300, "weekday": 100},
        noise={"typo": 50},
        ambiguous=40,
        left_open=30,
        characters={"8": 400},
        entities_per_sample={"3": 400},
    )
    coverage = {
        "names_by_label": {
            "City": {"names": 32, "seen": 32, "least": 345},
            "{total}": {"names": 3, "seen": 3, "least": 9},
            "Company": {"names": 294, "seen": 116, "least": 0},
            "{goods}": {"names": 3, "seen": 3, "least": 5},
        },
        "surface_forms": 17_812,
        "surface_forms_seen": 1_954,
        "rows_that_cover_all": 26_239,
    }
    leaks = {
        "test_rows_checked": 400,
        "exact_duplicates": 0,
        "near_duplicates": 100,
        "near_duplicates_by_differing_piece": {"~places": 30, "date": 80},
    }
    source = {
        "sentences_possible": 54_621_763_379,
        "reference_day": "2024-06-15",
        "tables": {"places": 1816},
        "ambiguous_names": {"places": {"names: city": 16, "company under several city": 1}},
        "ambiguous_mentions": {"places": 325, "~places": 0},
        "mentions_left_out": {"places": 0, "~places": 0},
        "dates_left_out": ["上个周四", "上周四"],
        "coverage": coverage,
        "split": {
            "kind": "by-value",
            "held_out": {"test": ["company: 历下", "substation: 崮山", "substation: 麒麟"]},
        },
        "leaks": leaks,
    }
    return slot_manifest({"train": train, "test": test}, source)


def test_a_data_set_is_told_in_a_few_lines(
    manifest: SlotManifest, capsys: pytest.CaptureFixture[str]
) -> None:
    print_slots(manifest, Path("out"))
    assert capsys.readouterr().out == PRINTED


def test_stats_tell_all_counts_behind_them(
    manifest: SlotManifest, capsys: pytest.CaptureFixture[str]
) -> None:
    print_slots(manifest, Path("out"), [Path("out/stats.png"), Path("out/stats.svg")])
    assert without_columns(capsys.readouterr().out) == without_columns(PRINTED + COUNTED)


def test_a_narrow_terminal_gets_the_counts_without_bars(
    manifest: SlotManifest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nerforge.cli.printing.output.PIPE_WIDTH", 80)
    monkeypatch.setenv("COLUMNS", "80")
    print_slots(manifest, Path("out"), [])
    printed = capsys.readouterr().out
    assert "█" not in printed
    assert "City 4,000 900 4,900 89.1" in without_columns(printed)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"sentences_possible": 3 * 10**400}, "sentences possible: ~3.0e+400"),
        ({"ambiguous_mentions": {"places": 0}}, "ambiguous: no names"),
        ({"split": {"kind": "random", "held_out": {}}}, "split: random"),
        (
            {"split": {"kind": "by-date-form", "held_out": {"test": ["day"], "dev": ["year", "month"]}}},
            "split: by-date-form; held out for test: 1 date form; held out for dev: 2 date forms",
        ),
        ({"tables": {}}, "reference day 2024-06-15"),
    ],
    ids=["too large a number", "nothing ambiguous", "random", "date forms", "words only"],
)
def test_a_line_tells_what_its_key_says(manifest: SlotManifest, change: dict[str, Any], line: str) -> None:
    source = msgspec.to_builtins(manifest.source) | change
    manifest.source = msgspec.convert(source, SlotSource)
    assert line in list(slot_lines(manifest))


@pytest.mark.parametrize(
    ("key", "value", "start"),
    [("leaks", None, "leaks"), ("dates_left_out", [], "dates left out")],
    ids=["no test split", "all dates"],
)
def test_what_there_is_nothing_to_say_of_has_no_line(
    manifest: SlotManifest, key: str, value: object, start: str
) -> None:
    assert any(line.startswith(start) for line in slot_lines(manifest))
    setattr(manifest.source, key, value)
    assert not any(line.startswith(start) for line in slot_lines(manifest))


@pytest.mark.parametrize(
    ("seen", "enough"), [(17_812, 26_239), (17_811, 2_000)], ids=["all seen", "rows are not what is missing"]
)
def test_no_number_of_rows_is_advised_where_it_would_not_help(
    manifest: SlotManifest, seen: int, enough: int
) -> None:
    manifest.source.coverage.surface_forms_seen = seen
    manifest.source.coverage.rows_that_cover_all = enough
    assert f"surface forms in training: {seen:,}/17,812" in list(slot_lines(manifest))


@pytest.mark.whole
@pytest.mark.parametrize("policy", ["omit", "first", "all", "drop"])
def test_every_policy_is_told_and_names_itself(policy: str, tmp_path: Path) -> None:
    done = generate(tmp_path / "a", "--ambiguous", policy)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("ambiguous: ")]
    assert f"(--ambiguous {policy})" in line


@pytest.mark.whole
def test_stats_are_drawn_beside_the_data_and_change_nothing_else(tmp_path: Path) -> None:
    plain, drawn = tmp_path / "a", tmp_path / "b"
    generate(plain)
    done = generate(drawn, "--stats")
    assert done.exit_code == 0, done.output
    assert "Rows by template" in done.stdout
    new = {path.name for path in drawn.iterdir()} - {path.name for path in plain.iterdir()}
    assert new == {"stats.png", "stats.svg"}
    assert (drawn / "manifest.json").read_bytes() == (plain / "manifest.json").read_bytes()


@pytest.mark.whole
def test_an_overwritten_data_set_loses_the_pictures_of_the_one_before(tmp_path: Path) -> None:
    generate(tmp_path / "a", "--stats")
    assert generate(tmp_path / "a", "--overwrite").exit_code == 0
    assert not (tmp_path / "a" / "stats.png").exists()


@pytest.mark.whole
def test_json_is_the_manifest_alone_even_with_stats(tmp_path: Path) -> None:
    done = generate(tmp_path / "a", "--stats", "--json")
    assert json.loads(done.stdout) == json.loads((tmp_path / "a" / "manifest.json").read_text())
    assert (tmp_path / "a" / "stats.svg").exists()


def test_stats_without_matplotlib_are_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerforge.foundation.optional.find_spec", lambda name: None)
    done = generate(tmp_path / "a", "--stats")
    assert done.exit_code == 1
    assert "matplotlib is not installed; run: pip install 'nerforge[plots]'" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.whole
def test_matplotlib_is_imported_for_stats_only(tmp_path: Path) -> None:
    code = """
import sys
from nerforge.cli import main
try:
    main(sys.argv[1:])
finally:
    print('matplotlib' in sys.modules)
"""
    options = ["generate", "power", "--rows", "20", "--city", "菏泽", "--workers", "1"]
    for args in (["generate", "power", "--help"], [*options, "--out", str(tmp_path / "a")]):
        done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "False"


@pytest.mark.whole
def test_the_rows_that_are_said_to_cover_all_do(tmp_path: Path) -> None:
    water = Path(__file__).parents[3] / "data" / "examples" / "water"

    def coverage(n_rows: int) -> Any:
        done = run("generate", "domain", water, "--rows", n_rows, "--out", tmp_path / str(n_rows), "--json")
        return json.loads(done.stdout)["source"]["coverage"]

    enough = coverage(coverage(500)["rows_that_cover_all"])
    assert enough["surface_forms_seen"] == enough["surface_forms"]
