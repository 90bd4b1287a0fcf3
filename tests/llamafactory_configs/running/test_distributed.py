"""LLaMA-Factory's own launchers, called by way of ours: two processes of torchrun, two workers of Ray."""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from nerforge.cli import main
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.rendering.training_yaml import render_config
from nerforge.llamafactory_configs.running.run_manifest import RunManifest, read_run_manifest
from tests.slot_sets import place_slots

pytestmark = [pytest.mark.train, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SETTINGS = {"max_steps": 4, "logging_steps": 1, "per_device_train_batch_size": 2}


@pytest.fixture
def write_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    place_slots(SlotOptions(60), DatasetOptions(tmp_path / "data", prompt="short"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    # An engine that other tests load in this process turns its messages off.
    monkeypatch.delenv("LLAMAFACTORY_VERBOSITY", raising=False)

    def write(**settings: Any) -> Path:
        path = tmp_path / "train.yaml"
        text = render_config("tiny_cpu", tmp_path / "data", tmp_path / "run", {**SETTINGS, **settings})
        path.write_text(text, encoding="utf-8")
        return path

    return write


def train(config: Path) -> Result:
    return CliRunner().invoke(main, ["train", "--no-check", str(config)])


def finished(run: Path) -> RunManifest:
    manifest = read_run_manifest(run)
    assert manifest is not None
    assert manifest.is_finished
    assert manifest.n_steps == SETTINGS["max_steps"]
    assert (run / "adapter_model.safetensors").exists()
    return manifest


def test_two_processes_of_torchrun_train_together(
    write_config: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_TORCHRUN", "1")
    monkeypatch.setenv("NPROC_PER_NODE", "2")
    # As in a shell that did not activate the environment: torchrun is found all the same.
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    done = train(write_config())
    assert done.exit_code == 0, done.output
    assert "training: 4/4" in done.stderr
    manifest = finished(tmp_path / "run")
    assert manifest.attempts[0].environment["NPROC_PER_NODE"] == "2"
    log = (tmp_path / "run" / "train.log").read_text(encoding="utf-8")
    assert "Process rank: 1, world size: 2" in log
    assert "Total train batch size (w. parallel, distributed & accumulation) = 4" in log


def test_an_error_in_a_process_of_torchrun_is_explained(
    write_config: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_TORCHRUN", "1")
    monkeypatch.setenv("NPROC_PER_NODE", "2")
    done = train(write_config(lora_rnak=8))
    assert done.exit_code == 1
    assert "LLaMA-Factory knows no such key: ['lora_rnak']" in done.stderr
    assert "  ValueError: Some keys are not used by the HfArgumentParser: ['lora_rnak']" in done.stderr
    assert "ChildFailedError" not in done.stderr


def test_two_workers_of_a_ray_cluster_train_together(
    write_config: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="needs the ray extra")
    from ray.cluster_utils import Cluster

    # LLaMA-Factory asks for ten CPUs for each device that the cluster has when it looks, and without GPUs
    # the CPUs are the devices: machines that can give them join only after that.
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    try:
        monkeypatch.setenv("USE_RAY", "1")
        monkeypatch.setenv("RAY_ADDRESS", cluster.address)
        config = write_config(ray_num_workers=2, master_addr=cluster.head_node.node_ip_address)
        process = subprocess.Popen(
            [sys.executable, "-m", "nerforge", "train", "--no-check", str(config)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        wait_for_placement_group(cluster.address, process)
        cluster.add_node(num_cpus=20)
        output, _ = process.communicate(timeout=150)
    finally:
        cluster.shutdown()
    assert process.returncode == 0, output
    assert "training: 4/4" in output
    assert finished(tmp_path / "run").attempts[0].environment["USE_RAY"] == "1"
    log = (tmp_path / "run" / "train.log").read_text(encoding="utf-8")
    assert "Using ray.remote mode with 2 workers" in log
    assert "Process rank: 1, world size: 2" in log


def wait_for_placement_group(address: str, process: "subprocess.Popen[str]") -> None:
    import ray

    ray.init(address=address, log_to_driver=False)
    try:
        deadline = time.monotonic() + 90
        while not ray.util.placement_group_table():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        ray.shutdown()
