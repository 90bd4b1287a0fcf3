"""What a processor can compute with is read from what Linux lists."""

from pathlib import Path

import pytest

from nerforge.foundation.processor_flags import multiplies_in_bf16


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("processor\t: 0\nflags\t\t: fpu avx512f avx512_bf16 vnni\n", True),
        ("flags\t\t: fpu amx_bf16 amx_tile\n", True),
        ("flags\t\t: fpu avx2 avx512f\n", False),
        ("processor\t: 0\nFeatures\t: fp asimd bf16 i8mm\n", True),
        ("model name\t: bf16\n", False),
    ],
    ids=["AVX512", "AMX", "without", "Arm", "no flags"],
)
def test_flags_say_whether_bf16_is_computed(text: str, expected: bool, tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text(text, encoding="utf-8")
    assert multiplies_in_bf16(path) is expected


def test_a_system_that_lists_nothing_is_taken_not_to(tmp_path: Path) -> None:
    assert not multiplies_in_bf16(tmp_path / "none")
