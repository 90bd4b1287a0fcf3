"""``nerforge curve`` and ``nf.learning_curve``."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import nerforge as nf
from nerforge.cli import main
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

QUICK = ("--method", "dictionary", "--sizes", 4, "--draws", 2, "--resamples", 100)


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("curve") / "data"
    options = DatasetOptions(out, dev=0.2, test=0.2, prompt="short")
    place_slots(SlotOptions(300, only={"city": ("枣庄",)}), options)
    return out


@pytest.fixture(scope="module")
def curve(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("curve_of")
    done = run("curve", data, *QUICK, "--out", out)
    assert done.exit_code == 0, done.output
    return out


@pytest.mark.whole
def test_a_curve_is_printed_and_written(data: Path, curve: Path) -> None:
    done = run("curve", data, *QUICK, "--out", curve, "--more", 90, "--target", 50)
    assert done.exit_code == 0, done.output
    assert "task power, dictionary, strict F1 on 60 rows of test" in done.stdout
    assert "90 more rows (270 in all) give +" in done.stdout
    assert "micro F1 50.0: reached with about" in done.stdout
    assert "saturated: the upper bound of the gain is below 1.0" in done.stdout
    assert done.stdout.endswith(
        "".join(f"{curve / name}\n" for name in ("curve.json", "curve.png", "curve.svg"))
    )
    # What the first call trained is not trained again.
    assert done.stderr.startswith("rows trained on: 390/390\n")
    found = json.loads((curve / "curve.json").read_text())
    f1s = [point["f1"]["value"] for point in found["micro"]["points"]]
    assert [point["n_rows"] for point in found["micro"]["points"]] == found["settings"]["sizes"]
    assert f1s[-1] > f1s[0]
    assert set(found["labels"]) == {"Province", "City", "Company", "Substation", "Indicator", "Date"}
    assert len(list((curve / "fits").iterdir())) == 7


@pytest.mark.whole
def test_without_matplotlib_a_curve_has_no_picture(
    data: Path, curve: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerforge.evaluation.curves.curve_picture.find_spec", lambda name: None)
    done = run("curve", data, *QUICK, "--out", curve)
    assert done.exit_code == 0
    assert "no picture, as matplotlib is not installed" in done.stderr
    assert done.stdout.endswith(f"under 20 in test\n{curve / 'curve.json'}\n")


@pytest.mark.whole
def test_json_is_what_the_file_holds(data: Path, curve: Path) -> None:
    done = run("curve", data, *QUICK, "--out", curve, "--json")
    assert json.loads(done.stdout) == json.loads((curve / "curve.json").read_text())


@pytest.mark.whole
def test_the_same_call_gives_the_same_bytes(data: Path, curve: Path) -> None:
    names = ("curve.json", "curve.png", "curve.svg")
    run("curve", data, *QUICK, "--out", curve)
    first = [(curve / name).read_bytes() for name in names]
    run("curve", data, *QUICK, "--out", curve)
    assert [(curve / name).read_bytes() for name in names] == first


@pytest.mark.whole
def test_a_crf_has_a_curve(data: Path, tmp_path: Path) -> None:
    found = nf.learning_curve(data, tmp_path, sizes=3, draws=1, smallest=40, resamples=100)
    f1s = [point.f1.value for point in found.micro.points]
    assert all(larger > smaller - 0.05 for smaller, larger in pairwise(f1s))
    assert f1s[-1] > 0.5
    assert found.settings.method == "crf"
    assert any("no size has two trainings" in note for note in found.notes)
    assert any("fewer than 5 sizes" in note for note in found.notes)


@pytest.fixture(scope="module")
def given(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Answers of dictionaries that keep rarer surfaces the more rows they are said to be of."""
    folder = tmp_path_factory.mktemp("given")
    files = {}
    for n_rows, min_count in ((50, 8), (100, 4), (200, 1)):
        files[n_rows] = folder / f"{n_rows}.jsonl"
        run("baseline", "dictionary", "--data", data, "--min-count", min_count, "--out", files[n_rows])
    return files


@pytest.mark.whole
def test_scored_files_of_others_are_points_of_a_curve(
    data: Path, given: dict[int, Path], tmp_path: Path
) -> None:
    scores = tmp_path / "scores.json"
    run("score", "--gold", data, "--pred", given[100], "--out", scores)
    args = [x for n_rows, path in given.items() for x in ("--scored", f"{n_rows}={path}")]
    by_answers = run("curve", data, *args, "--resamples", 100, "--json", "--out", tmp_path / "a")
    by_scores = [x.replace(str(given[100]), str(scores)) for x in args]
    mixed = run("curve", data, *by_scores, "--resamples", 100, "--json", "--out", tmp_path / "b")
    assert (by_answers.exit_code, mixed.exit_code) == (0, 0), by_answers.output + mixed.output
    # A file of scores says as much as the answers do, by label too.
    assert json.loads(by_answers.stdout) == json.loads(mixed.stdout)
    found = json.loads(by_answers.stdout)
    assert found["settings"]["method"] == "scored"
    assert found["micro"]["mentions"] is None
    for point in found["micro"]["points"]:
        strict = nf.score(data, given[point["n_rows"]], bootstrap=0).criteria["strict"]  # type: ignore[union-attr]
        assert point["f1"]["value"] == pytest.approx(strict.micro.f1)


@pytest.mark.whole
def test_the_api_takes_scored_files_as_a_mapping(data: Path, given: dict[int, Path], tmp_path: Path) -> None:
    found = nf.learning_curve(data, tmp_path, scored=given, target=0.99, label="Date", resamples=100)
    assert found.micro.needed is None
    assert found.labels["Date"].needed is not None


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("--sizes", 2), 2, "2 is not in the range x>=3"),
        (("--smallest", 500), 1, "180 training rows, and the smallest part is to have 500"),
        (("--sizes", 40), 1, "lower --sizes, or give more rows"),
        (("--target", 70, "--label", "GPE"), 2, "unknown label 'GPE'; known: City, Company, Date"),
        (("--label", "City"), 2, "--label says whose --target is meant; give a --target"),
        (("--scored", "250"), 2, "expected rows of training and a file, such as 250=a.jsonl; found '250'"),
        (("--scored", "1=a", "--scored", "1=b", "--scored", "2=c"), 1, "2 sizes; a law of growth has three"),
        (("--scored", "1=a", "--scored", "2=b", "--scored", "3=c"), 1, "a: "),
    ],
)
def test_what_cannot_be_a_curve_is_said(
    args: tuple[object, ...], code: int, message: str, data: Path, tmp_path: Path
) -> None:
    done = run("curve", data, *args, "--out", tmp_path / "out")
    assert done.exit_code == code, done.output
    assert message in " ".join(done.stderr.split())


def test_scores_against_other_gold_are_refused(data: Path, given: dict[int, Path], tmp_path: Path) -> None:
    scores = tmp_path / "scores.json"
    run("score", "--gold", data, "--pred", given[100], "--out", scores)
    found = json.loads(scores.read_text())
    found["settings"]["gold_sha256"] = "0" * 64
    scores.write_text(json.dumps(found))
    args = [f"{n_rows}={scores}" for n_rows in (1, 2, 3)]
    done = run("curve", data, *(x for arg in args for x in ("--scored", arg)), "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "was scored against another gold file than" in " ".join(done.stderr.split())


def test_a_label_that_the_split_lacks_is_said(data: Path, tmp_path: Path) -> None:
    gold = tmp_path / "data" / "gold"
    gold.mkdir(parents=True)
    (tmp_path / "data" / "manifest.json").write_bytes((data / "manifest.json").read_bytes())
    for split in ("train", "test"):
        rows = (data / "gold" / f"{split}.jsonl").read_text("utf-8").splitlines()
        kept = [row for row in rows if split == "train" or '"Date"' not in row]
        (gold / f"{split}.jsonl").write_text("\n".join(kept) + "\n", "utf-8")
    args = ("curve", tmp_path / "data", *QUICK, "--out", tmp_path / "out")
    done = run(*args, "--target", 80, "--label", "Date")
    assert (done.exit_code, "gold of test has no Date, so it has no curve" in done.stderr) == (1, True)
    done = run(*args)
    assert (done.exit_code, "no gold of Date in test, so no curve" in done.stderr) == (0, True), done.output


def test_a_curve_of_text_labels_is_refused(tmp_path: Path) -> None:
    gold = tmp_path / "gold"
    gold.mkdir()
    (gold / "train.jsonl").write_text('{"id": "1", "text": "甲", "label": "体育"}\n', "utf-8")
    done = run("curve", tmp_path, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "holds a label for each text, and a curve is of entities" in " ".join(done.stderr.split())
