import socket
from typing import Any

import pytest

from nerforge.evaluation.engines import Devices
from nerforge.evaluation.engines.clusters.ray_cluster import connect, resources_of_worker
from nerforge.foundation.errors import UserError


def node(*, alive: bool = True, **resources: float) -> dict[str, Any]:
    return {"Alive": alive, "Resources": resources}


@pytest.mark.parametrize(
    ("cpus", "n_workers", "share"),
    [([2], 2, 1), ([8], 3, 2), ([4, 4, 4], 2, 4), ([3, 3], 3, 1), ([16, 2], 2, 8), ([0, 4], 1, 4)],
)
def test_workers_share_the_cpus_of_the_machines(cpus: list[int], n_workers: int, share: int) -> None:
    found = resources_of_worker([node(CPU=n) for n in cpus], Devices(1, n_workers), needs_gpus=False)
    assert found == {"num_cpus": share}


def test_more_workers_than_cpus_are_refused() -> None:
    with pytest.raises(UserError, match="has 5 CPUs; 6 workers do not fit"):
        resources_of_worker([node(CPU=2.0), node(CPU=3.0)], Devices(1, 6), needs_gpus=False)


def test_a_worker_holds_gpus_where_there_are_any() -> None:
    nodes = [node(CPU=8.0, GPU=4.0), node(CPU=8.0, GPU=3.0), node(alive=False, CPU=8.0, GPU=4.0)]
    assert resources_of_worker(nodes, Devices(2, 3), needs_gpus=False) == {"num_gpus": 2}


@pytest.mark.parametrize(
    ("needs_gpus", "nodes"),
    [(False, [node(CPU=8.0, GPU=3.0), node(CPU=8.0, GPU=3.0)]), (True, [node(CPU=8.0)])],
    ids=["halves do not make a pair", "vLLM needs GPUs"],
)
def test_too_few_gpus_are_told_before_anything_waits(needs_gpus: bool, nodes: list[dict[str, Any]]) -> None:
    with pytest.raises(UserError, match="3 workers with 2 on one machine each do not fit"):
        resources_of_worker(nodes, Devices(2, 3), needs_gpus=needs_gpus)


@pytest.mark.whole
@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_head_where_nobody_answers_is_told_at_once(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="needs the ray extra")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"{scheme}127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(UserError, match=f"Ray at {address} cannot be reached: .*refused; see RAY_ADDRESS"):
        connect()
