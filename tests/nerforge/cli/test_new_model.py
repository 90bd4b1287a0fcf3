import json
from pathlib import Path

from click.testing import CliRunner

from nerforge.cli import main

CONFIG = {
    "model_type": "qwen2", "hidden_size": 64, "intermediate_size": 256, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 1000, "tie_word_embeddings": True,
}  # fmt: skip


def test_a_layer_is_printed_or_written_and_never_over_another_file(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    arguments = ["new-model", str(tmp_path)]
    printed = CliRunner().invoke(main, arguments)
    assert printed.exit_code == 0, printed.stderr
    assert "train:\n  template: qwen\n" in printed.stdout
    out = tmp_path / "mine.yaml"
    written = CliRunner().invoke(main, [*arguments, "-o", str(out)])
    assert out.read_text() == printed.stdout
    assert f"next: nerforge config RECIPE --data DIR --model {out}" in written.stderr
    refused = CliRunner().invoke(main, [*arguments, "-o", str(out)])
    assert (refused.exit_code, "is there already; choose another -o" in refused.stderr) == (1, True)
    assert CliRunner().invoke(main, [*arguments, "-o", str(out), "--overwrite"]).exit_code == 0


def test_what_is_wrong_with_a_model_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({**CONFIG, "vocab_size": None}))
    failed = CliRunner().invoke(main, ["new-model", str(tmp_path)])
    assert failed.exit_code == 1
    assert failed.stderr.splitlines()[-1].startswith(f"Error: {tmp_path}/config.json: lacks vocab_size")
    unknown = CliRunner().invoke(main, ["new-model", "one-word-only/"])
    assert unknown.exit_code in (1, 2)
    assert "Traceback" not in unknown.stderr
