"""What a shell asks for at Tab, as the scripts of click do."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

NERFORGE = Path(sys.executable).parent / "nerforge"
PAGE = Path(__file__).parents[3] / "docs" / "configuration.md"


def complete(folder: Path, *words: str) -> list[str]:
    asked = {
        "_NERFORGE_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    done = subprocess.run(
        [NERFORGE], cwd=folder, env=os.environ | asked, capture_output=True, text=True, check=False
    )
    return [line.removeprefix("plain,") for line in done.stdout.splitlines()]


@pytest.mark.whole
def test_commands_options_and_choices_are_completed(tmp_path: Path) -> None:
    # A broken settings file is told when a command runs, not at Tab.
    (tmp_path / "nerforge.toml").write_text("[score\n", encoding="utf-8")
    assert complete(tmp_path, "nerforge", "sco") == ["score"]
    assert complete(tmp_path, "nerforge", "generate", "po") == ["power"]
    assert complete(tmp_path, "nerforge", "score", "--error") == ["--errors", "--error-label", "--error-kind"]
    assert complete(tmp_path, "nerforge", "score", "--split", "t") == ["train", "test"]


@pytest.mark.whole
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_page_names_the_script_of_each_shell(shell: str) -> None:
    assert re.search(rf"_NERFORGE_COMPLETE={shell}_source nerforge\b", PAGE.read_text(encoding="utf-8"))
    asked = os.environ | {"_NERFORGE_COMPLETE": f"{shell}_source"}
    done = subprocess.run([NERFORGE], env=asked, capture_output=True, text=True, check=False)
    assert "_nerforge_completion" in done.stdout
