"""The table of ``make gpu``: its logic here, its lines by the same functions on a CPU."""

import subprocess
import sys
from pathlib import Path

import pytest

from nerforge.llamafactory_configs.checking.surroundings import has_gpu
from tests.gpu import __main__ as gpu
from tests.gpu import devices, engine_lines, shape_memory, tiny_trainings
from tests.gpu.devices import first_reason, no_package
from tests.gpu.random_models import Training
from tests.gpu.result_table import Figure, LineResult, TableLine, exit_code, run_lines, say_table


def a_line(figure: Figure | Exception, missing: str | None = None) -> TableLine:
    def measure(folder: Path) -> Figure:
        assert list(folder.iterdir()) == []
        if isinstance(figure, Exception):
            raise figure
        return figure

    return TableLine("a line", lambda: missing, measure)


def results(tmp_path: Path, *lines: TableLine) -> list[LineResult]:
    return list(run_lines(lines, tmp_path))


def test_a_line_that_was_measured_stands_beside_its_estimate(tmp_path: Path) -> None:
    found = results(tmp_path, a_line(Figure("8.7 GB", "9.0 GB", 0.97)))
    head, line, counts = say_table(found).splitlines()
    assert head.split() == ["what", "measured", "estimate", "or", "reference", "ratio", "seconds"]
    assert line.split()[:7] == ["a", "line", "8.7", "GB", "9.0", "GB", "0.97"]
    assert counts == "1 ok, 0 failed, 0 skipped"
    assert exit_code(found) == 0


def test_what_is_missing_is_a_reason_and_no_failure(tmp_path: Path) -> None:
    found = results(tmp_path, a_line(Figure("never"), "no GPU is seen on this machine"))
    assert "a line  skipped: no GPU is seen on this machine" in say_table(found)
    assert (exit_code(found), found[0].state) == (0, "skipped")


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (RuntimeError("CUDA out\nof memory"), "failed: RuntimeError: CUDA out of memory"),
        (Figure("12 GB", "8 GB", 1.5, "off by more than 25%"), "failed: off by more than 25% (12 GB; 8 GB)"),
        (ValueError("x" * 1000), f"failed: ValueError: {'x' * 100}"),
    ],
)
def test_a_failure_is_said_and_ends_nothing_but_its_line(
    figure: Figure | Exception, said: str, tmp_path: Path
) -> None:
    found = results(tmp_path, a_line(figure), a_line(Figure("fine")))
    assert said in say_table(found)
    assert [result.state for result in found] == ["failed", "ok"]
    assert "1 ok, 1 failed, 0 skipped" in say_table(found)
    assert exit_code(found) == 1


@pytest.mark.skipif(has_gpu(), reason="this machine has a GPU")
def test_without_a_gpu_each_line_is_skipped_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main([]) == 0
    _, _, *lines, counts = capsys.readouterr().out.splitlines()
    assert len(lines) >= 20
    assert all("skipped: no GPU is seen on this machine" in line for line in lines)
    assert counts == f"0 ok, 0 failed, {len(lines)} skipped"


@pytest.mark.skipif(has_gpu(), reason="this machine has a GPU")
def test_lines_are_chosen_by_words_of_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert gpu.main(["qlora"]) == 0
    assert "5 skipped" in capsys.readouterr().out
    assert gpu.main(["no such line"]) == 2


@pytest.mark.whole
def test_nothing_heavy_is_imported_to_find_that_there_is_no_gpu() -> None:
    heavy = "{'torch', 'transformers', 'vllm'}"
    code = f"import sys, tests.gpu.__main__ as gpu; gpu.main([]); print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()" or has_gpu()


def test_the_first_reason_is_given() -> None:
    assert first_reason(None, "one", "two") == "one"
    assert first_reason(None, None) is None
    assert no_package("json", "") is None
    assert (
        no_package("no_such_package", "pip install it") == "no_such_package is not installed: pip install it"
    )


def test_vllm_may_be_of_another_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(devices.VLLM_PYTHON, "/elsewhere/bin/python")
    assert devices.vllm_python() == Path("/elsewhere/bin/python")


@pytest.mark.whole
def test_the_yaml_of_a_training_is_accepted_and_its_result_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {**tiny_trainings.PACKED, "neat_packing": True, "flash_attn": "fa2"}
    command, started = tiny_trainings.nerforge, []

    def but_train(*arguments: str) -> str:
        if arguments[0] != "train":
            return command(*arguments)
        started.append(arguments[1])
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "all_results.json").write_text('{"train_loss": 1, "train_samples_per_second": 2}')
        return ""

    monkeypatch.setattr(tiny_trainings, "nerforge", but_train)
    data = tiny_trainings.place_data(tmp_path)
    assert tiny_trainings.train(tmp_path / "run", data, keys) == (1, 2)
    assert len(started) == 1


def test_answers_are_compared_by_id() -> None:
    assert engine_lines.share_equal({"1": "a", "2": "b"}, {"2": "b", "1": "c"}) == 0.5
    assert engine_lines.share_equal({"1": "a"}, {}) == 0.0


def measurement(gb: float) -> shape_memory.PeakMeasurement:
    return shape_memory.PeakMeasurement(gb, gb * 1.1, 0.5)


@pytest.mark.parametrize(("factor", "is_ok"), [(1.0, True), (0.8, True), (1.4, False), (0.5, False)])
def test_memory_that_is_off_by_more_than_a_quarter_fails(
    factor: float, is_ok: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Training("qwen3-4b-instruct-2507")
    need = shape_memory.need_of(case, shape_memory.gpu())
    gb = factor * (need.total - need.context)
    monkeypatch.setattr(shape_memory, "measure_apart", lambda *_: measurement(gb))
    figure = shape_memory.measure_case(case, "cuda")
    assert figure.ratio == pytest.approx(factor)
    assert (figure.fault == "") == is_ok


def test_estimates_of_steps_grow_with_the_model() -> None:
    small, large = (
        shape_memory.step_estimate(Training(name), shape_memory.gpu())
        for name in ("qwen2.5-0.5b-instruct", "qwen3-14b")
    )
    assert 0 < small < large


@pytest.mark.train
@pytest.mark.whole
@pytest.mark.filterwarnings("ignore")
def test_steps_of_a_random_model_run_on_a_cpu_too() -> None:
    case = Training("tiny", batch=2, cutoff=32, is_short=False)
    assert shape_memory.measure_apart(case, "cpu").step_seconds > 0
    with pytest.raises(RuntimeError, match="unknown model"):
        shape_memory.measure_apart(case._replace(model="none"), "cpu")


@pytest.mark.train
@pytest.mark.slow
def test_a_line_of_a_training_is_measured_on_a_cpu_too(tmp_path: Path) -> None:
    keys = {**tiny_trainings.ON_CPU, "max_steps": 3}
    line = TableLine(
        "tiny", lambda: None, lambda folder: tiny_trainings.compare_trainings(folder, keys, keys)
    )
    (found,) = run_lines([line], tmp_path)
    assert (found.state, found.reason) == ("ok", "")
    assert found.figure is not None and found.figure.ratio == pytest.approx(1, abs=1e-3)
