"""The commands of the guides are run; the messages of troubleshooting are those of the program."""

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from nerforge.cli import main
from nerforge.llamafactory_configs.running.failures import RULES

ROOT = Path(__file__).parents[2]
GUIDES = sorted(path.stem for path in (ROOT / "docs" / "guides").glob("*.md") if ".zh-CN" not in path.name)
RUN = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
BEFORE = {
    "other-model": "nerforge generate corpus --input data/samples/ccfbdci.jsonl --test 0.4 --out data_mine"
}
"""What a guide takes for given."""
LLAMA_FACTORY, OURS = "## Of LLaMA-Factory", "## Of NERForge"


def commands(guide: str) -> list[str]:
    text = (ROOT / "docs" / "guides" / f"{guide}.md").read_text(encoding="utf-8")
    return [line for block in RUN.findall(text) for line in block.splitlines()]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_most_guides_have_commands_that_need_no_gpu() -> None:
    assert len([guide for guide in GUIDES if commands(guide)]) >= 6


@pytest.mark.whole
@pytest.mark.parametrize("guide", [guide for guide in GUIDES if commands(guide)])
def test_the_commands_of_a_guide_work_in_their_order(guide: str, checkout: Path) -> None:
    for line in (*filter(None, [BEFORE.get(guide)]), *commands(guide)):
        program, *words = shlex.split(line)
        assert program == "nerforge"
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, (line, done.output)


def messages(heading: str) -> list[str]:
    """Give what stands in the first column of the table below a heading."""
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    section = text.split(f"\n{heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(.+?)` \|", section, re.MULTILINE)


@pytest.mark.parametrize("message", messages(LLAMA_FACTORY))
def test_train_explains_each_message_of_llamafactory(message: str) -> None:
    assert any(rule.pattern.search(message) for rule in RULES)


def source_text() -> str:
    """Give the program's strings as they are printed: what is broken over lines joined, values left out."""
    folders = ("nerforge", "evaluation", "generators", "llamafactory_configs")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return re.sub(r'"\n\s*f?"', "", "\n".join(path.read_text(encoding="utf-8") for path in files))


def test_each_message_of_ours_is_one_that_the_program_has() -> None:
    source = source_text()
    for message in messages(OURS):
        # Names, numbers and the like are put in.
        parts = re.split(r"'[^']*'|\d+|\([A-Z]+\)|…|: known|^llamafactory |unknown recipe", message)
        longest = max(parts, key=len).strip(" ;:,")
        assert longest in source, message
