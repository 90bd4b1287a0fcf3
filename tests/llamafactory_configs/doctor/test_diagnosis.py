"""Trainings, repairs, templates and estimates; and silence on what ``generate`` writes."""

import codecs
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.checking.findings import Finding
from nerforge.llamafactory_configs.doctor.diagnosis import Diagnosis, DoctorOptions, diagnose
from tests.slot_sets import place_slots

ROOT = Path(__file__).parents[3]
TINY = ROOT / "data" / "tiny_base"
REAL = ROOT.parent / "shared" / "real"
QWEN2 = ROOT.parent / "shared" / "models" / "qwen2-tokenizer"
FORMATS = ("bracket", "grouped", "json", "occurrence", "xml")
TRAIN: dict[str, Any] = {
    "model_name_or_path": str(TINY),
    "template": "qwen",
    "stage": "sft",
    "do_train": True,
    "finetuning_type": "lora",
    "lora_target": "all",
    "dataset": "ner",
    "cutoff_len": 768,
    "output_dir": "run",
    "report_to": "none",
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("power") / "data"
    place_slots(SlotOptions(300, n_workers=1), DatasetOptions(folder))
    return folder


@pytest.fixture
def data(good: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(good, tmp_path / "data"))


def write_yaml(path: Path, data: Path, **changes: Any) -> Path:
    config = {**TRAIN, "dataset_dir": str(data), **changes}
    path.write_text(yaml.safe_dump({k: v for k, v in config.items() if v is not None}), encoding="utf-8")
    return path


def loud(diagnosis: Diagnosis) -> list[Finding]:
    return [finding for finding in diagnosis.findings if finding.severity != "note"]


def codes(diagnosis: Diagnosis) -> set[str]:
    return {finding.code for finding in diagnosis.findings}


@pytest.mark.whole
@pytest.mark.parametrize("answer_format", FORMATS)
def test_power_sets_are_good_in_every_format(answer_format: str, tmp_path: Path) -> None:
    options = DatasetOptions(
        tmp_path / "data", answer_format=answer_format, turn="system", language="en", is_jsonl=True
    )
    place_slots(SlotOptions(400, n_workers=1), options)
    assert loud(diagnose([tmp_path / "data"])) == []


@pytest.mark.whole
@pytest.mark.parametrize("answer_format", FORMATS)
@pytest.mark.parametrize("task", ["ccfbdci", "cmeee"])
def test_real_corpora_are_good_in_every_format(task: str, answer_format: str, tmp_path: Path) -> None:
    corpus = REAL / f"{task}.jsonl"
    if not corpus.is_file():
        pytest.skip("needs the real corpora")
    out = tmp_path / "data"
    generate_corpus(task, corpus, DatasetOptions(out, answer_format=answer_format), SampleChoice(limit=800))
    assert loud(diagnose([out])) == []


@pytest.mark.whole
@pytest.mark.parametrize(
    "args",
    [
        ["ccfbdci", "--shots", 2, "--language", "en"],
        ["ccfbdci", "--max-chars", 40],
        ["cmeee", "--max-chars", 40, "--turn", "system", "--jsonl"],
        ["cmeee", "--label-order", "shuffled"],
        ["fudan", "--max-chars", 500, "--turn", "system"],
        ["fudan", "--shots", 2, "--language", "en"],
        ["corpus", "--empty", 0.3],
    ],
    ids=lambda args: " ".join(map(str, args)),
)
def test_sets_of_many_options_are_good(args: list[object], tmp_path: Path) -> None:
    from click.testing import CliRunner

    from nerforge.cli import main

    corpus = REAL / {"fudan": "fudan_news.jsonl", "cmeee": "cmeee.jsonl"}.get(str(args[0]), "ccfbdci.jsonl")
    if not corpus.is_file():
        pytest.skip("needs the real corpora")
    all_args = ["generate", *args, "--input", corpus, "--limit", 800, "--out", tmp_path / "data"]
    done = CliRunner().invoke(main, [str(arg) for arg in all_args])
    assert done.exit_code == 0, done.output
    assert loud(diagnose([tmp_path / "data"])) == []


@pytest.mark.whole
def test_a_good_training_gives_no_errors_or_warnings(data: Path, tmp_path: Path) -> None:
    train = write_yaml(tmp_path / "train.yaml", data)
    diagnosis = diagnose([train, data], DoctorOptions(lengths=False))
    assert (loud(diagnosis), diagnosis.n_rows) == ([], 300)


def plain(path: Path, data: Path, **changes: Any) -> set[str]:
    return codes(diagnose([write_yaml(path, data, **changes)], DoctorOptions(lengths=False)))


@pytest.mark.whole
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"dataset": "nre"}, "D105"),
        ({"dataset_dir": "/nowhere"}, "D802"),
        ({"dataset": None}, "D804"),
        ({"stage": "dpo"}, "D111"),
        ({"max_samples": 40}, "D406"),
    ],
    ids=["unknown data set", "no folder", "no data set", "another stage", "first rows"],
)
def test_a_fault_of_a_training_is_found(
    changes: dict[str, Any], code: str, data: Path, tmp_path: Path
) -> None:
    assert code not in plain(tmp_path / "train.yaml", data)
    assert code in plain(tmp_path / "train.yaml", data, **changes)


@pytest.mark.train
def test_an_unknown_key_is_found_with_the_faults_of_the_data(data: Path, tmp_path: Path) -> None:
    (data / "ner.json").write_bytes(codecs.BOM_UTF8 + (data / "ner.json").read_bytes())
    assert {"unknown-key", "D203"} <= plain(tmp_path / "train.yaml", data, lora_rnak=8)


def test_max_samples_of_a_sorted_file_is_a_warning(data: Path, tmp_path: Path) -> None:
    path = data / "ner.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(sorted(rows, key=lambda row: len(row["output"]))), encoding="utf-8")
    assert "D407" in plain(tmp_path / "train.yaml", data, max_samples=60)


@pytest.mark.parametrize(
    ("strategy", "n_empty", "is_told"),
    [("group_by_length", 60, True), ("group_by_length", 10, False), ("random", 60, False)],
    ids=["grouped", "few without entities", "random order"],
)
def test_rows_without_entities_that_grouping_puts_last_are_a_warning(
    strategy: str, n_empty: int, is_told: bool, data: Path, tmp_path: Path
) -> None:
    path = data / "ner.json"
    rows = json.loads(path.read_text(encoding="utf-8"))
    for row in rows[:n_empty]:
        row["output"] = "没有找到任何实体"
    path.write_text(json.dumps(rows), encoding="utf-8")
    found = plain(tmp_path / "train.yaml", data, train_sampling_strategy=strategy)
    assert ("D414" in found) is is_told


def test_a_yaml_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "train.yaml").write_text("a: [", encoding="utf-8")
    assert codes(diagnose([tmp_path / "train.yaml"])) == {"D801"}


def test_tokens_on_disk_are_told_of(data: Path, tmp_path: Path) -> None:
    (tmp_path / "tokens").mkdir()
    assert "D803" in plain(tmp_path / "train.yaml", data, tokenized_path=str(tmp_path / "tokens"))


def test_a_run_is_examined_by_its_yaml(data: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    write_yaml(tmp_path / "run" / "train.yaml", data, dataset="none")
    assert "D105" in codes(diagnose([tmp_path / "run"], DoctorOptions(lengths=False)))


def test_the_one_folder_stands_in_for_one_that_is_not_here(data: Path, tmp_path: Path) -> None:
    train = write_yaml(tmp_path / "train.yaml", tmp_path / "elsewhere", dataset="nre")
    assert {"D802", "D105"} <= codes(diagnose([data, train], DoctorOptions(lengths=False)))


def test_what_two_trainings_share_is_said_once(data: Path, tmp_path: Path) -> None:
    (data / "ner_test.json").unlink()
    yamls = [write_yaml(tmp_path / name, data) for name in ("a.yaml", "b.yaml")]
    found = [x.code for x in diagnose(yamls, DoctorOptions(lengths=False)).findings]
    assert found.count("D106") == 1


def test_nothing_to_examine_is_a_wrong_call() -> None:
    with pytest.raises(UsageError, match="nothing to examine"):
        diagnose([])


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none: no such file or folder"):
        diagnose([tmp_path / "none"])


def test_a_path_of_no_known_kind_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(UsageError, match="expected a dataset directory"):
        diagnose([tmp_path / "a.txt"])


def spoil(data: Path) -> dict[str, bytes]:
    """Plant all that can be mended; give the files as they are then."""
    train, info = data / "ner.json", data / "dataset_info.json"
    train.write_bytes(train.read_text(encoding="utf-8").encode("gb18030"))
    (data / "ner_dev.json").write_bytes(codecs.BOM_UTF8 + (data / "ner_dev.json").read_bytes())
    entries = json.loads(info.read_text(encoding="ascii"))
    del entries["ner"]["columns"]["response"]
    entries["中文"] = entries["ner_dev"]
    info.write_bytes(codecs.BOM_UTF8 + json.dumps(entries, ensure_ascii=False).encode())
    return {path.name: path.read_bytes() for path in data.glob("*.json")}


@pytest.mark.whole
def test_fix_mends_what_is_safe_and_keeps_each_file_as_it_was(good: Path, data: Path) -> None:
    before = spoil(data)
    assert {"D104", "D201", "D203"} <= codes(diagnose([data]))
    diagnosis = diagnose([data], DoctorOptions(fix=True))
    assert loud(diagnosis) == []
    for repair in diagnosis.repairs:
        assert repair.path.read_bytes() != repair.backup.read_bytes()
    assert (data / "dataset_info.json.bak").read_bytes() == before["dataset_info.json"]
    assert (data / "ner.json.bak").read_bytes() == before["ner.json"]
    assert (data / "ner.json").read_bytes() == (good / "ner.json").read_bytes()
    assert (
        "response" in json.loads((data / "dataset_info.json").read_text(encoding="ascii"))["ner"]["columns"]
    )


def test_fix_writes_nothing_where_nothing_is_to_mend(data: Path) -> None:
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    assert diagnose([data], DoctorOptions(fix=True)).repairs == []
    assert {path: path.read_bytes() for path in data.rglob("*") if path.is_file()} == before


def test_without_fix_nothing_is_written(data: Path) -> None:
    before = spoil(data)
    diagnose([data])
    assert {path.name: path.read_bytes() for path in data.glob("*.json*")} == before


def test_fix_leaves_bytes_alone_that_may_be_of_another_encoding(data: Path) -> None:
    text = (data / "ner.json").read_text(encoding="utf-8")
    (data / "ner.json").write_bytes(text.encode("utf-8").replace("省".encode(), b"\xe9"))
    diagnosis = diagnose([data], DoctorOptions(fix=True))
    assert diagnosis.repairs == []
    assert "D202" in codes(diagnosis)


def test_fix_keeps_to_the_folder(data: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    (data / "ner.json").rename(outside)
    outside.write_bytes(codecs.BOM_UTF8 + outside.read_bytes())
    entries = json.loads((data / "dataset_info.json").read_text(encoding="ascii"))
    entries["ner"]["file_name"] = "../outside.json"
    (data / "dataset_info.json").write_text(json.dumps(entries), encoding="ascii")
    assert diagnose([data], DoctorOptions(fix=True)).repairs == []


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
class TestTokens:
    """With the tiny base's tokenizer, and where it is there Qwen2's."""

    def counted(self, data: Path, tmp_path: Path, **changes: Any) -> Diagnosis:
        pytest.importorskip("llamafactory", reason="needs the train extra")
        return diagnose([write_yaml(tmp_path / "train.yaml", data, **changes)])

    def test_a_fitting_cutoff_is_silent(self, data: Path, tmp_path: Path) -> None:
        diagnosis = self.counted(data, tmp_path)
        assert loud(diagnosis) == []
        (table,) = diagnosis.tables
        assert (table.n_answers_cut, table.n_prompts_cut, table.cutoff_len) == (0, 0, 768)
        assert [layout.is_chosen for layout in table.layouts] == [True, False, False]
        assert all(0 <= layout.padding < 1 for layout in table.layouts)

    def test_many_cut_answers_are_an_error_and_few_a_warning(self, data: Path, tmp_path: Path) -> None:
        (table,) = self.counted(data, tmp_path).tables
        assert {"D701", "D703"} <= codes(self.counted(data, tmp_path, cutoff_len=64))
        few = self.counted(data, tmp_path, cutoff_len=table.cutoff_for_most)
        assert {"D701", "D703"}.isdisjoint(codes(few))
        assert codes(few) & {"D702", "D704"}

    def test_the_cutoff_that_is_named_cuts_none(self, data: Path, tmp_path: Path) -> None:
        for packing in (None, True):
            found = self.counted(data, tmp_path, cutoff_len=64, neat_packing=packing).tables[0]
            better = self.counted(data, tmp_path, cutoff_len=found.cutoff_for_all, neat_packing=packing)
            less = self.counted(data, tmp_path, cutoff_len=found.cutoff_for_all - 1, neat_packing=packing)
            assert (better.tables[0].n_prompts_cut, better.tables[0].n_answers_cut) == (0, 0)
            assert less.tables[0].n_prompts_cut + less.tables[0].n_answers_cut > 0

    def test_answers_beyond_max_new_tokens_are_counted(self, data: Path) -> None:
        pytest.importorskip("llamafactory", reason="needs the train extra")
        settings = {"model_name_or_path": str(TINY), "template": "qwen"}
        assert "D705" in codes(diagnose([data], DoctorOptions(settings=settings, max_new_tokens=5)))
        assert "D705" not in codes(diagnose([data], DoctorOptions(settings=settings, max_new_tokens=500)))

    def test_a_template_of_another_model_is_told_of(self, data: Path, tmp_path: Path) -> None:
        assert codes(self.counted(data, tmp_path)).isdisjoint({"D707", "D708"})
        assert {"D707", "D708"} <= codes(self.counted(data, tmp_path, template="llama3"))

    @pytest.mark.parametrize("cutoff_len", [0, "64", 1], ids=repr)
    def test_an_odd_cutoff_does_not_stop_the_examination(
        self, cutoff_len: Any, data: Path, tmp_path: Path
    ) -> None:
        (data / "ner_test.json").unlink()
        for packing in (None, True):
            found = codes(self.counted(data, tmp_path, cutoff_len=cutoff_len, packing=packing))
            assert "D106" in found
            assert found & {"D701", "D710"}

    def test_without_a_template_that_of_the_tokenizer_is_used(self, data: Path) -> None:
        pytest.importorskip("llamafactory", reason="needs the train extra")
        diagnosis = diagnose([data], DoctorOptions(settings={"model_name_or_path": str(TINY)}))
        assert [table.template for table in diagnosis.tables] == ["of the tokenizer"] * 3
        assert "D711" not in codes(diagnosis)

    def test_an_unknown_template_is_refused(self, data: Path) -> None:
        pytest.importorskip("llamafactory", reason="needs the train extra")
        settings = {"model_name_or_path": str(TINY), "template": "qwne"}
        assert "D711" in codes(diagnose([data], DoctorOptions(settings=settings)))

    def test_a_cutoff_beyond_the_models_context_is_a_warning(self, data: Path, tmp_path: Path) -> None:
        assert "D712" in codes(self.counted(data, tmp_path, cutoff_len=1_000_000))

    def test_a_model_that_is_not_here_is_only_noted(self, data: Path, tmp_path: Path) -> None:
        diagnosis = self.counted(data, tmp_path, model_name_or_path="nobody/none-1b")
        assert (diagnosis.tables, [x.severity for x in diagnosis.findings if x.code == "D710"]) == (
            [],
            ["note"],
        )

    def test_memory_is_estimated_from_the_models_own_sizes(self, data: Path, tmp_path: Path) -> None:
        (estimate,) = self.counted(data, tmp_path).estimates
        assert float(estimate.memory.partition(" GB")[0]) > 0
        assert estimate.hours is not None and estimate.hours > 0

    def test_a_template_of_qwen_is_that_of_its_tokenizer(self, data: Path, tmp_path: Path) -> None:
        if not QWEN2.is_dir():
            pytest.skip("needs the tokenizer of Qwen2")
        found = codes(self.counted(data, tmp_path, model_name_or_path=str(QWEN2)))
        assert found.isdisjoint({"D706", "D707", "D708", "D709"})

    def test_characters_that_a_tokenizer_does_not_know_are_told_of(self, data: Path, tmp_path: Path) -> None:
        pytest.importorskip("llamafactory", reason="needs the train extra")
        from tokenizers import Tokenizer, models, pre_tokenizers
        from transformers import PreTrainedTokenizerFast

        words = ["[UNK]", "[END]", "user", "assistant"]
        inner = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
        inner.pre_tokenizer = pre_tokenizers.Whitespace()
        outer = PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="[UNK]", eos_token="[END]")
        outer.save_pretrained(tmp_path / "words")
        found = self.counted(data, tmp_path, model_name_or_path=str(tmp_path / "words"), template="default")
        assert "D706" in codes(found)

    def test_the_lengths_are_drawn(self, data: Path, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib", reason="needs the plots extra")
        from nerforge.llamafactory_configs.doctor.lengths.length_charts import draw_lengths

        png, svg = draw_lengths(self.counted(data, tmp_path).tables, tmp_path)
        assert png.read_bytes().startswith(b"\x89PNG")
        assert "cutoff_len 768 truncates 0" in svg.read_text(encoding="utf-8")
