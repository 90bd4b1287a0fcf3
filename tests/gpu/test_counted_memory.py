"""Estimates of memory beside what the real classes hold on fake tensors."""

from typing import Any

import pytest

from tests.gpu.counted_memory import count_peak, estimated
from tests.gpu.random_models import Training

pytestmark = [pytest.mark.train, pytest.mark.whole, pytest.mark.filterwarnings("ignore")]
SMALL_BATCH = {"batch": 2, "cutoff": 512}


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("tiny", {"is_short": False, "is_recomputed": False, "batch": 16, "cutoff": 256}),
        ("tiny", {"is_short": False, "batch": 16, "cutoff": 256}),
        ("qwen2.5-0.5b-instruct", {**SMALL_BATCH}),
        ("qwen2.5-0.5b-instruct", {**SMALL_BATCH, "is_recomputed": False}),
        ("qwen3-0.6b", {**SMALL_BATCH, "is_recomputed": False}),
    ],
)
def test_memory_is_estimated_within_a_quarter_of_what_is_counted(model: str, options: dict[str, Any]) -> None:
    training = Training(model, **options)
    assert estimated(training) == pytest.approx(count_peak(training), rel=0.25)
