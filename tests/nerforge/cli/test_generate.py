"""``nerforge generate power`` and ``generate domain``: options, and tables that are broken."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from nerforge.cli import main

HEAD = ("province", "city", "company", "substation")
GOOD = ("山东省", "菏泽", "巨野县供电公司", "麒麟供电所")
OTHER = ("山东省", "菏泽", "鄄城县供电公司", "凤凰供电所")
WATER = Path(__file__).parents[3] / "data" / "examples" / "water"


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def write_csv(
    path: Path, *rows: tuple[str, ...], encoding: str = "utf-8", head: tuple[str, ...] = HEAD
) -> Path:
    text = "".join(",".join(row) + "\n" for row in (head, *rows))
    path.write_bytes(text.encode(encoding))
    return path


def write_xlsx(path: Path, *rows: tuple[str, ...], merged: str = "", head: tuple[str, ...] = HEAD) -> Path:
    book = Workbook()
    assert book.active is not None
    for row in (head, *rows):
        book.active.append(row)
    if merged:
        book.active.merge_cells(merged)
    book.save(path)
    return path


def generate(table: Path, tmp_path: Path, *options: object) -> Result:
    rows = () if "--rows" in options else ("--rows", 200)
    args = (*rows, "--out", tmp_path / "out", *options)
    return run("generate", "power", "--gazetteer", table, *args)


def assert_refused(done: Result, tmp_path: Path, *messages: str) -> None:
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    assert "Traceback" not in done.stderr
    for message in messages:
        assert message in done.stderr
    assert not (tmp_path / "out").exists()
    assert [path for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("write", [write_csv, write_xlsx], ids=["csv", "xlsx"])
def test_all_faults_of_a_table_are_told_with_their_rows(write, tmp_path):
    suffix = write.__name__.removeprefix("write_")
    table = write(
        tmp_path / f"t.{suffix}",
        GOOD,
        ("山东省", "菏泽", "巨野县供电公司", ""),
        ("山东省", "", "鄄城县供电公司", "凤凰供电所"),
        ("山东省", "菏泽", "鄄城县供电公司", "麒麟供电所"),
        GOOD,
    )
    done = generate(table, tmp_path)
    assert_refused(
        done,
        tmp_path,
        f"t.{suffix}:3: substation is empty",
        f"t.{suffix}:4: city is empty above company '鄄城县供电公司'",
        f"t.{suffix}:5: substation '麒麟供电所' is under 巨野县供电公司 (rows 2, 6) and 鄄城县供电公司",
        f"t.{suffix}:6: is the same as row 2",
    )
    assert done.stderr.count(f"t.{suffix}:") >= 4


@pytest.mark.parametrize("write", [write_csv, write_xlsx], ids=["csv", "xlsx"])
def test_a_missing_column_is_told(write, tmp_path):
    suffix = write.__name__.removeprefix("write_")
    table = write(tmp_path / f"t.{suffix}", GOOD[:3], head=HEAD[:3])
    assert_refused(generate(table, tmp_path), tmp_path, f"t.{suffix}:1: lacks the columns substation")


@pytest.mark.parametrize("encoding", ["gbk", "utf-16", "utf-16-le"])
def test_another_encoding_is_told_or_read(encoding, tmp_path):
    table = write_csv(tmp_path / "t.csv", GOOD, OTHER, encoding=encoding)
    assert_refused(generate(table, tmp_path), tmp_path, "t.csv", "UTF-8")


@pytest.mark.whole
def test_a_town_under_two_companies_is_refused_unless_a_policy_is_named(tmp_path):
    twice = (*OTHER[:3], GOOD[3])
    table = write_csv(tmp_path / "t.csv", GOOD, twice, OTHER)
    assert_refused(generate(table, tmp_path), tmp_path, "t.csv:3: ", "--ambiguous omit|first|all|drop")
    for policy in ("omit", "first", "all", "drop"):
        done = generate(table, tmp_path, "--ambiguous", policy, "--overwrite")
        assert done.exit_code == 0, done.output


def test_merged_cells_are_told(tmp_path):
    table = write_xlsx(tmp_path / "t.xlsx", GOOD, ("", "", "", "凤凰供电所"), merged="C2:C3")
    assert_refused(generate(table, tmp_path), tmp_path, "t.xlsx:", "merged")


def test_a_workbook_that_is_none_is_told(tmp_path):
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    assert_refused(generate(tmp_path / "t.xlsx", tmp_path), tmp_path, "t.xlsx")


def test_a_table_that_is_not_there_is_told(tmp_path):
    assert_refused(generate(tmp_path / "no.csv", tmp_path), tmp_path, "no.csv: cannot be read: No such file")


@pytest.mark.whole
@pytest.mark.parametrize(
    "table",
    [
        pytest.param(("t.csv", "utf-8-sig"), id="csv with a byte order mark"),
        pytest.param(("t.csv", "utf-8"), id="csv"),
        pytest.param(("t.xlsx", ""), id="xlsx"),
    ],
)
def test_a_correct_table_is_used(table, tmp_path):
    name, encoding = table
    if encoding:
        write_csv(tmp_path / name, GOOD, OTHER, encoding=encoding)
    else:
        write_xlsx(tmp_path / name, GOOD, OTHER)
    done = generate(tmp_path / name, tmp_path, "--negatives", 0, "--noise", "none")
    assert done.exit_code == 0, done.output
    lines = (tmp_path / "out" / "gold" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    entities = [entity for line in lines for entity in json.loads(line)["entities"]]
    assert {e["text"] for e in entities if e["label"] == "Substation"} == {GOOD[3], OTHER[3]}


@pytest.mark.whole
def test_chinese_heads_and_aliases_are_read(tmp_path):
    head = ("省份", "地级市", "供电公司", "供电所", "供电所别名")
    table = write_csv(tmp_path / "t.csv", (*GOOD, "老麒麟所"), head=head)
    done = generate(table, tmp_path, "--template", "substation", "--noise", "none", "--rows", 100)
    assert done.exit_code == 0, done.output
    text = (tmp_path / "out" / "ner.json").read_text(encoding="utf-8")
    assert "老麒麟所" in text
    assert "<Substation>麒麟供电所</Substation>" in text


@pytest.mark.whole
def test_power_prints_what_it_wrote_and_the_manifest_as_json(tmp_path):
    done = run("generate", "power", "--rows", 50, "--city", "菏泽市", "--out", tmp_path / "a")
    assert done.exit_code == 0
    assert "task power, answers as xml" in done.stdout
    done = run("generate", "power", "--rows", 50, "--out", tmp_path / "b", "--json")
    assert json.loads(done.stdout) == json.loads((tmp_path / "b" / "manifest.json").read_text("utf-8"))


@pytest.mark.whole
def test_every_option_reaches_the_data_set(tmp_path):
    done = run(
        *(
            "generate",
            "power",
            "--rows",
            300,
            "--city",
            "德州",
            "--ambiguous",
            "first",
            "--split",
            "by-template",
        ),
        *("--negatives", "0.2", "--noise", "polite,ending", "--reference-day", "2023-01-15", "--jsonl"),
        *("--workers", 1, "--seed", 3, "--dev", "0.2", "--test", "0.2", "--out", tmp_path / "out", "--json"),
    )
    assert done.exit_code == 0, done.output
    manifest = json.loads(done.stdout)
    assert manifest["seed"] == 3
    settings = manifest["settings"]
    assert (settings["ambiguous"], settings["split"], settings["negatives"]) == ("first", "by-template", 0.2)
    assert (settings["noise"], settings["only"]) == (["polite", "ending"], {"city": ["德州"]})
    assert manifest["source"]["reference_day"] == "2023-01-15"
    assert (tmp_path / "out" / "ner.jsonl").is_file()
    info = json.loads((tmp_path / "out" / "dataset_info.json").read_text(encoding="ascii"))
    assert {name: entry["file_name"] for name, entry in info.items()} == {
        "ner": "ner.jsonl",
        "ner_dev": "ner_dev.jsonl",
        "ner_test": "ner_test.jsonl",
    }


@pytest.mark.whole
def test_a_limit_that_cannot_be_kept_is_a_usage_error_that_names_the_rows(tmp_path):
    done = run(
        "generate", "power", "--rows", 200, "--city", "日照", "--min-count", 1, "--out", tmp_path / "o"
    )
    assert done.exit_code == 2
    assert "--min-count 1: " in done.stderr
    assert "would do" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["domain", WATER, "--table", "network"], "--table network: expected NAME=VALUE"),
        (["domain", WATER, "--only", "plant="], "--only plant=: expected NAME=VALUE"),
        (["domain", WATER, "--table", "net=x.csv"], "unknown table 'net'; known: network"),
        (["domain", WATER, "--only", "town=x"], "'town' is no level"),
        (["domain", WATER, "--noise", "loud"], "unknown noise 'loud'"),
        (["domain", WATER, "--template", "loud"], "unknown template 'loud'"),
        (["power", "--templates", "none.txt"], "none.txt"),
        (["power", "--reference-day", "15.6.2024"], "15.6.2024"),
        (["power", "--reference-day", "9999-12-31"], "--reference-day 9999-12-31"),
        (["power", "--reference-day", "0001-01-01"], "--reference-day 0001-01-01"),
        (["power", "--ambiguous", "maybe"], "'maybe' is not one of"),
        (["power", "--split", "by-luck"], "'by-luck' is not one of"),
        (["power", "--negatives", "1"], "--negatives 1.0"),
        (["power", "--workers", "0"], "0 is not in the range"),
    ],
    ids=(
        "table only no-table no-level noise template templates day last-day first-day policy split negatives "
        "workers"
    ).split(),
)
def test_a_wrong_option_is_one_message_and_writes_nothing(args, message, tmp_path):
    done = run("generate", *args, "--rows", 20, "--out", tmp_path / "out")
    assert done.exit_code in (1, 2)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_no_domain_is_told(tmp_path):
    (tmp_path / "empty").mkdir()
    done = run("generate", "domain", tmp_path / "empty", "--rows", 20, "--out", tmp_path / "out")
    assert (done.exit_code, "domain.yaml" in done.stderr) == (1, True)
    assert not (tmp_path / "out").exists()
