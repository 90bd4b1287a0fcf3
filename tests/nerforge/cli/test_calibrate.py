"""``calibrate`` and what ``score``, ``chat`` and ``convert`` make of confidences."""

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import nerforge as nf
from nerforge.cli import main
from nerforge.evaluation.confidence.token_logprobs import measured
from nerforge.evaluation.engines import ModelSpec, Prediction, Request
from nerforge.evaluation.predicting.answer_log import prediction_line
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

pytest.importorskip("scipy", reason="needs the calibrate extra")
pytest.importorskip("sklearn", reason="needs the calibrate extra")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("calibrate") / "data"
    place_slots(SlotOptions(900), DatasetOptions(out, prompt="short", dev=0.4, test=0.4))
    return out


def predicted(data: Path, split: str, out: Path, *, with_logprobs: bool = True) -> Path:
    """Write answers of a model that is sure where it is right, and mostly less so where labels are wrong."""
    rng = random.Random(split)
    lines = []
    gold = (data / "gold" / f"{split}.jsonl").read_text("utf-8").splitlines()
    rows = json.loads((data / f"ner_{split}.json").read_text("utf-8"))
    for said, row in zip(map(json.loads, gold), rows, strict=True):
        text = row["output"]
        is_wrong = rng.random() < 0.3
        if is_wrong:
            text = re.sub(r"<(/?)\w+>", r"<\1Date>", text)
        sure = rng.gauss(-3.0 if is_wrong and rng.random() < 0.93 else -6.0, 1.0)
        values = [-(2.0**sure) if "<" in piece else -0.001 for piece in _pieces(text)]
        kept = measured([len(piece.encode()) for piece in _pieces(text)], values, -0.002)
        lines.append(prediction_line(Prediction(said["id"], text, "stop", kept if with_logprobs else None)))
    out.write_bytes(b"".join(lines))
    return out


def _pieces(text: str) -> list[str]:
    return [piece for piece in text.replace("<", "\0<").replace(">", ">\0").split("\0") if piece]


@pytest.fixture(scope="module")
def files(data: Path) -> dict[str, Path]:
    return {split: predicted(data, split, data.parent / f"{split}.jsonl") for split in ("dev", "test")}


def run(*args: object) -> Result:
    return CliRunner().invoke(main, [*map(str, args)])


@pytest.fixture(scope="module")
def calibration(data: Path, files: dict[str, Path]) -> Path:
    out = data.parent / "calibration.json"
    done = run("calibrate", "--gold", data, "--pred", files["dev"], "--out", out)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{out}\n"
    assert "precision 0.9: raw confidence from" in done.stderr
    assert "precision 0.99: no threshold keeps it" in done.stderr
    return out


def test_score_says_what_confidences_are_worth_and_what_may_be_taken_unseen(
    data: Path, files: dict[str, Path], calibration: Path, tmp_path: Path
) -> None:
    out = tmp_path / "scores.json"
    at = ("--at-precision", 0.9, "--at-precision", 0.99)
    done = run(
        "score", "--gold", data, "--pred", files["test"], "--calibration", calibration, *at, "--out", out
    )
    assert done.exit_code == 0, done.stderr
    found = nf.load_scores(out).confidence  # type: ignore[union-attr]
    assert found and found.entities.calibrated and found.at_precision
    assert found.entities.auroc.value and found.entities.auroc.value > 0.8
    after, before = found.entities.calibrated.calibration_error, found.entities.raw.calibration_error
    assert after.value is not None and before.value is not None
    assert after.value < 0.06 < before.value
    sure, hopeless = found.at_precision
    assert sure.threshold is not None and sure.found_precision is not None
    assert sure.found_precision >= 0.9
    assert sure.n_taken + sure.n_to_check == found.entities.n + found.n_unplaced
    assert (hopeless.threshold, hopeless.n_taken, hopeless.found_precision) == (None, 0, None)
    lines = done.stdout[done.stdout.index("confidence of 1,665 entities") :].splitlines()
    assert max(map(len, lines)) <= 80
    assert f"  to a person  {sure.n_to_check:,}" in lines
    assert any("no threshold keeps it on dev" in line for line in lines)


def test_scores_without_confidences_have_no_such_part(data: Path, tmp_path: Path) -> None:
    bare = predicted(data, "test", tmp_path / "bare.jsonl", with_logprobs=False)
    out = tmp_path / "scores.json"
    done = run("score", "--gold", data, "--pred", bare, "--out", out)
    assert "confidence" not in done.stdout
    assert "confidence" not in json.loads(out.read_text("utf-8"))


def test_the_api_does_what_the_commands_do(
    data: Path, files: dict[str, Path], calibration: Path, tmp_path: Path
) -> None:
    fitted = nf.calibrate(data, files["dev"], out=tmp_path / "calibration.json")
    assert (tmp_path / "calibration.json").read_bytes() == calibration.read_bytes()
    assert nf.load_calibration(calibration) == fitted
    scores = nf.score(data, files["test"], calibration=calibration, at_precision=[0.9], bootstrap=0)
    assert scores.confidence and scores.confidence.at_precision  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("--at-precision", 0.9), "--at-precision needs --calibration"),
        (("--calibration", "CALIBRATION", "--at-precision", 0.8), "calibrate again with --at-precision 0.8"),
        (("--calibration", "GOLD"), "gold/test.jsonl: "),
    ],
    ids=["no calibration", "another precision", "another file"],
)
def test_score_refuses_what_it_cannot_say(
    args: tuple[object, ...], expected: str, data: Path, files: dict[str, Path], calibration: Path
) -> None:
    places = {"CALIBRATION": calibration, "GOLD": data / "gold" / "test.jsonl"}
    done = run("score", "--gold", data, "--pred", files["test"], *(places.get(str(x), x) for x in args))
    assert done.exit_code in (1, 2)
    assert expected in " ".join(done.stderr.split())


def test_predictions_without_confidences_cannot_be_calibrated(data: Path, tmp_path: Path) -> None:
    bare = predicted(data, "dev", tmp_path / "bare.jsonl", with_logprobs=False)
    done = run("calibrate", "--gold", data, "--pred", bare, "--out", tmp_path / "x.json")
    assert done.exit_code == 1
    assert "entities has a confidence; predict with --confidence" in " ".join(done.stderr.split())
    assert not (tmp_path / "x.json").exists()


def test_a_calibration_does_not_replace_another_file(data: Path, files: dict[str, Path]) -> None:
    before = files["test"].read_bytes()
    done = run("calibrate", "--gold", data, "--pred", files["dev"], "--out", files["test"])
    assert done.exit_code == 1
    assert "exists and is no calibration" in done.stderr
    assert files["test"].read_bytes() == before


def test_converted_predictions_carry_their_confidences(
    data: Path, files: dict[str, Path], calibration: Path, tmp_path: Path
) -> None:
    out = tmp_path / "studio.json"
    as_they_are = ("convert", files["test"], "--gold", data, "--to", "label_studio")
    written = []
    for more in ((), ("--calibration", calibration)):
        done = run(*as_they_are, out, *more, "--overwrite")
        assert done.exit_code == 0, done.stderr
        results = [
            result
            for task in json.loads(out.read_text("utf-8"))
            for prediction in task["predictions"]
            for result in prediction["result"]
        ]
        written.append([result["score"] for result in results if "score" in result])
    raw, calibrated = written
    assert len(raw) == len(calibrated) > 0
    assert raw != calibrated
    assert all(0 < score <= 1 for score in (*raw, *calibrated))


class SureEngine:
    """Answers each query with a tag and its log-probabilities."""

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Prediction]]:
        for request in requests:
            text = request.prompt.splitlines()[-1]
            answer = f"<Indicator>{text}</Indicator>"
            yield [Prediction(request.id, answer, "stop", measured([len(answer.encode())], [-0.1], -0.2))]


@pytest.mark.parametrize("with_calibration", [False, True], ids=["raw", "calibrated"])
def test_chat_shows_confidences(
    with_calibration: bool, data: Path, calibration: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[ModelSpec] = []

    def load(name: str, spec: ModelSpec) -> SureEngine:
        asked.append(spec)
        return SureEngine()

    monkeypatch.setattr("nerforge.api.predicting.chat_opening.load_engine", load)
    said = ("--calibration", calibration) if with_calibration else ("--confidence",)
    args = ["chat", "--model", "some/model", "--template", "qwen", "--data", data, "--json", *said]
    done = CliRunner().invoke(main, [*map(str, args)], input="投诉\n")
    assert done.exit_code == 0, done.stderr
    assert [spec.keeps_logprobs for spec in asked] == [True]
    reply = json.loads(done.stdout)
    raw = {"entities": 0.904837, "completeness": 0.818731}
    (entity,) = reply["entities"]
    if not with_calibration:
        assert entity["confidence"] == pytest.approx(raw["entities"], abs=1e-5)
        assert reply["completeness"] == pytest.approx(raw["completeness"], abs=1e-5)
    else:
        expected = nf.load_calibration(calibration).entities.apply_one(entity_raw := 0.904837, "Indicator")
        assert entity["confidence"] == pytest.approx(expected, abs=1e-4) != pytest.approx(entity_raw)


@pytest.mark.parametrize("command", ["predict", "chat"])
def test_an_engine_without_log_probabilities_is_refused(command: str, data: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "x.jsonl") if command == "predict" else ()
    named = ("--model", "m", "--template", "qwen", "--data", data, *out)
    done = run(command, *named, "--engine", "llamafactory", "--confidence")
    assert done.exit_code == 2
    assert "engine llamafactory gives no log-probabilities; --confidence needs one of hf" in done.stderr


def test_spans_with_scores_of_another_model_are_calibrated_too(
    data: Path, files: dict[str, Path], tmp_path: Path
) -> None:
    spans = {}
    for split in ("dev", "test"):
        spans[split] = tmp_path / f"{split}.json"
        done = run(
            "convert", files[split], "--gold", data, "--split", split, "--to", "label_studio", spans[split]
        )
        assert done.exit_code == 0, done.stderr
    calibration = tmp_path / "calibration.json"
    done = run("calibrate", "--gold", data, "--pred", spans["dev"], "--out", calibration)
    assert done.exit_code == 0, done.stderr
    plain = nf.score(data, spans["test"], bootstrap=0)
    judged = nf.score(data, spans["test"], bootstrap=0, calibration=calibration)
    # Scores of spans were there before, so they are judged only where it is asked for.
    assert not plain.confidence  # type: ignore[union-attr]
    assert judged.confidence and judged.confidence.entities.n > 500  # type: ignore[union-attr]
