"""From a domain to a dataset directory in one call."""

import json
from pathlib import Path

import msgspec
import pytest

from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.generators.slots.domain.slot_domain import read_domain
from nerforge.generators.slots.generate import SlotOptions, generate_slots, sample_domain, select
from nerforge.templates.answers import FORMATS, is_lossless, load_format
from nerforge.templates.tasks import read_task
from nerforge.templates.tasks.files import TASK_FILE

HEZE = {"city": ["菏泽"]}
LEVELS = {"company": "Company", "substation": "Substation"}


def asked(row):
    """The sentence, which stands on a line of its own behind the instruction."""
    return row["instruction"].rsplit("\n", 1)[-1]


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def gold(folder):
    schema = read_task(folder / TASK_FILE).schema
    return {path.stem: read_gold(path, schema) for path in (folder / "gold").iterdir()}


def generate(out, n_rows=100, dataset=None, **slots):
    return msgspec.to_builtins(
        generate_slots(SlotOptions(n_rows, n_workers=1, **slots), DatasetOptions(out, **(dataset or {})))
    )


@pytest.mark.whole
def test_power_is_written_as_a_complete_data_set(tmp_path):
    manifest = generate(tmp_path, dataset={"dev": 0.2, "test": 0.1})
    assert {name: len(samples) for name, samples in gold(tmp_path).items()} == {
        "train": 70,
        "dev": 20,
        "test": 10,
    }
    assert sorted(load(tmp_path / "dataset_info.json")) == ["ner", "ner_dev", "ner_test"]
    assert manifest == load(tmp_path / "manifest.json")
    assert (manifest["task"], manifest["answer_format"], manifest["prompt"]["name"]) == (
        "power",
        "xml",
        "full",
    )
    assert [entry["name"] for entry in manifest["inputs"]][:3] == [
        "shandong.csv",
        "templates.txt",
        "domain.yaml",
    ]
    settings = manifest["settings"]
    assert (settings["rows"], settings["dev"], settings["test"]) == (100, 0.2, 0.1)
    assert (settings["ambiguous"], settings["split"], settings["only"]) == ("omit", "random", {})


@pytest.mark.whole
@pytest.mark.parametrize("answer_format", FORMATS)
def test_the_written_answers_give_the_written_gold(tmp_path, answer_format):
    manifest = generate(tmp_path, 400, {"answer_format": answer_format}, only=HEZE)
    schema = read_task(tmp_path / TASK_FILE).schema
    lost = []
    for sample, row in zip(gold(tmp_path)["train"], load(tmp_path / "ner.json"), strict=True):
        assert asked(row) == sample.text
        if not is_lossless(load_format(answer_format), sample, row["output"], schema):
            lost.append(sample.text)
    assert len(lost) == manifest["splits"]["train"]["offsets_not_recoverable"]
    # Grouped by label, an answer does not tell the company 牡丹 from the substation 牡丹 of 牡丹牡丹.
    assert all("牡丹牡丹" in text for text in lost)
    assert not lost or answer_format == "grouped"


@pytest.mark.whole
def test_the_manifest_says_how_much_was_left_open(tmp_path):
    manifest = generate(tmp_path, 600)
    left_open = sum(bool(sample.meta.get("left_open")) for part in gold(tmp_path).values() for sample in part)
    assert sum(split["left_open"] for split in manifest["splits"].values()) == left_open > 0
    assert manifest["source"]["tables"] == {"places": 1816}
    assert manifest["source"]["sentences_possible"] > 10**9


@pytest.mark.whole
def test_power_can_be_cut_to_some_cities_and_written_in_another_format(tmp_path):
    manifest = generate(tmp_path, 50, {"answer_format": "json", "prompt": "short"}, only=HEZE)
    assert manifest["answer_format"] == "json"
    assert load(tmp_path / "ner.json")[0]["instruction"].startswith("标注实体并补全上级：\n")
    cities = {
        e.text for part in gold(tmp_path).values() for s in part for e in s.entities if e.label == "City"
    }
    assert cities == {"菏泽"}


@pytest.mark.whole
def test_a_city_may_be_named_with_its_suffix(tmp_path):
    generate(tmp_path / "a", only={"city": ["菏泽市"]})
    generate(tmp_path / "b", only=HEZE)
    assert (tmp_path / "a" / "ner.json").read_bytes() == (tmp_path / "b" / "ner.json").read_bytes()


@pytest.mark.whole
def test_power_can_be_made_from_ones_own_gazetteer(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text(
        "province,city,company,substation\n江苏省,苏州市,吴中区供电公司,木渎供电所\n", encoding="utf-8"
    )
    manifest = generate(tmp_path / "out", 300, tables={"places": table}, negatives=0.0)
    assert manifest["inputs"][0]["name"] == "mine.csv"
    samples = [sample for part in gold(tmp_path / "out").values() for sample in part]
    places = {e.text for s in samples for e in s.entities if e.label not in ("Date", "Indicator")}
    assert places == {"江苏省", "苏州", "吴中区供电公司", "木渎供电所"}


@pytest.mark.whole
def test_only_the_templates_that_are_kept_are_used(tmp_path):
    manifest = generate(tmp_path, only_templates=["city", "look-alike"], negatives=0.0, noise=())
    assert set(manifest["splits"]["train"]["templates"]) == {"city", "look-alike"}
    assert manifest["splits"]["train"]["noise"] == {}


@pytest.mark.whole
@pytest.mark.parametrize("share", [0.0, 0.05, 0.5])
def test_as_many_rows_as_asked_for_hold_no_entity(tmp_path, share):
    manifest = generate(tmp_path, 400, negatives=share, only=HEZE)
    wanted = {"train": 320 * share, "dev": 40 * share, "test": 40 * share}
    assert {name: split["without_entities"] for name, split in manifest["splits"].items()} == wanted


@pytest.mark.whole
@pytest.mark.parametrize("channels", [(), ("typo",), ("polite", "ending"), None], ids=str)
def test_only_the_channels_that_are_kept_make_noise(tmp_path, channels):
    manifest = generate(tmp_path, 2_000, noise=channels, only=HEZE)
    every = {"drop_suffix", "typo", "full_width", "space", "polite", "ending", "aside"}
    assert set(manifest["splits"]["train"]["noise"]) == (every if channels is None else set(channels))


@pytest.mark.whole
def test_samples_can_be_drawn_without_being_written():
    domain = select(read_domain(), values=HEZE, noise=())
    samples = list(sample_domain(domain, 500, 7))
    assert len({sample.text for sample in samples}) == 500
    assert samples == list(sample_domain(domain, 500, 7))
    assert samples != list(sample_domain(domain, 500, 8))


@pytest.mark.whole
@pytest.mark.parametrize(
    ("dataset", "slots", "message"),
    [
        pytest.param({}, {"n_rows": 0}, "--rows 0: must be at least 1", id="no rows"),
        pytest.param(
            {}, {"n_rows": 10**13}, r"--rows 10000000000000: .* make \d+ different sentences", id="too many"
        ),
        pytest.param({"dev": 0.6, "test": 0.4}, {}, "--dev 0.6 and --test 0.4", id="shares"),
        pytest.param({"dev": -0.1}, {}, "--dev -0.1 and --test 0.1", id="negative share"),
        pytest.param({"answer_format": "conl"}, {}, "unknown answer format 'conl'", id="format"),
        pytest.param({"prompt": "long"}, {}, "unknown prompt of task power 'long'", id="prompt"),
        pytest.param({}, {"only": {"city": ["南京"]}}, "city 南京 is not in the table", id="city"),
        pytest.param({}, {"only": {"town": ["南京"]}}, "'town' is no level", id="level"),
        pytest.param({}, {"only_templates": ["town"]}, "unknown template 'town'; known: city", id="template"),
        pytest.param({}, {"noise": ["nois"]}, "unknown noise 'nois'; known: ", id="noise"),
        pytest.param({}, {"split": "by-luck"}, "unknown split 'by-luck'; known: by-date-form", id="split"),
        pytest.param({}, {"negatives": 1.0}, "--negatives 1.0: must be at least 0", id="negatives"),
        pytest.param(
            {},
            {"n_rows": 100_000, "negatives": 0.9, "only_templates": ["city", "sentence"]},
            r"--rows: \d+ sentences without entities for \w+, but templates and tables make \d+",
            id="too many without entities",
        ),
    ],
)
def test_options_that_cannot_be_used_write_nothing(tmp_path, dataset, slots, message):
    with pytest.raises(UsageError, match=message):
        generate(tmp_path / "out", slots.pop("n_rows", 10), dataset, **slots)
    assert list(tmp_path.iterdir()) == []


def test_no_training_row_is_an_error_and_writes_nothing(tmp_path):
    with pytest.raises(UserError, match="train"):
        generate(tmp_path / "out", 1, {"dev": 0.0, "test": 0.9})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.whole
def test_a_split_without_rows_is_counted_and_has_no_files(tmp_path):
    manifest = generate(tmp_path, 40, {"dev": 0.0})
    assert sorted(load(tmp_path / "dataset_info.json")) == ["ner", "ner_test"]
    assert not (tmp_path / "ner_dev.json").exists()
    assert manifest["splits"]["dev"]["samples"] == 0


def values_of(samples):
    """Every value of a level that may be held out, said or completed, and every way in which one is said."""
    values, said = set(), set()
    for sample in samples:
        for entity in sample.entities:
            if entity.label in LEVELS.values():
                values.add((entity.label, entity.text))
                if entity.span:
                    said.add((entity.label, sample.text[slice(*entity.span)].replace(" ", "")))
    return values, said


def held_out(manifest):
    return {name: set(held) for name, held in manifest["source"]["split"]["held_out"].items()}


@pytest.fixture(scope="module")
def by_value(tmp_path_factory):
    out = tmp_path_factory.mktemp("by_value") / "out"
    return generate(out, 5_000, split="by-value"), gold(out)


def listed(manifest):
    """The values that are held out, by split, with their labels."""
    return {
        name: {(LEVELS[level], value) for level, value in (item.split(": ", 1) for item in held)}
        for name, held in held_out(manifest).items()
    }


@pytest.mark.whole
def test_held_out_values_are_in_no_other_split_said_or_completed(by_value):
    manifest, splits = by_value
    held = listed(manifest)
    assert set(held) == {"dev", "test"}
    assert held["dev"] & held["test"] == set()
    for name, values in held.items():
        for other in set(splits) - {name}:
            assert values & values_of(splits[other])[0] == set()


@pytest.mark.whole
def test_every_row_about_a_place_says_a_held_out_value_or_may_mean_one(by_value):
    manifest, splits = by_value
    for name, values in listed(manifest).items():
        for sample in splits[name]:
            said = {(e.label, e.text) for e in sample.entities}
            is_clear = {"Company", "Substation"} & {e.label for e in sample.entities if e.span}
            if is_clear and "readings" not in sample.meta:
                assert said & values, sample
        assert values & values_of(splits[name])[0]


def test_what_is_held_out_is_said_in_no_way_in_training(by_value):
    manifest, splits = by_value
    held = listed(manifest)
    trained = values_of(splits["train"])[1]
    for name, values in held.items():
        said = {
            (e.label, s.text[slice(*e.span)])
            for s in splits[name]
            for e in s.entities
            if (e.label, e.text) in values and e.span
        }
        assert said
        assert said & trained == set()


def test_no_sentence_of_training_holds_a_held_out_name_but_in_a_longer_one(by_value):
    manifest, splits = by_value
    names = {value for values in listed(manifest).values() for _, value in values}
    for sample in splits["train"]:
        surfaces = [sample.text[slice(*entity.span)] for entity in sample.entities if entity.span]
        for name in (name for name in names if name in sample.text):
            assert any(name in surface and name != surface for surface in surfaces), sample


def test_a_by_value_test_split_is_as_large_as_asked_for_and_holds_every_kind_of_value(by_value):
    manifest, splits = by_value
    assert {name: len(samples) for name, samples in splits.items()} == {
        "train": 4_000,
        "dev": 500,
        "test": 500,
    }
    for name in ("dev", "test"):
        assert set(LEVELS.values()) <= set(manifest["splits"][name]["entities"])


@pytest.mark.whole
@pytest.mark.parametrize(
    ("split", "key"), [("by-template", "template"), ("by-date-form", "date_class")], ids=str
)
def test_held_out_templates_and_date_forms_are_in_no_other_split(tmp_path, split, key):
    manifest = generate(tmp_path, 5_000, split=split)
    found = {name: {s.meta.get(key) for s in samples} - {None} for name, samples in gold(tmp_path).items()}
    negative = {"sentence", "goods", "organisation"} if split == "by-template" else set()
    held = held_out(manifest)
    for name in ("dev", "test"):
        assert found[name] - negative == held[name] != set()
        for other in set(found) - {name}:
            assert held[name] & found[other] == set()


@pytest.mark.whole
def test_the_values_that_are_held_out_follow_from_the_seed(tmp_path):
    one, again, other = (
        held_out(generate(tmp_path / name, 300, {"seed": seed}, split="by-value", only=HEZE))
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert one == again != other


@pytest.mark.whole
@pytest.mark.parametrize("policy", ["omit", "first", "all", "drop"])
def test_a_name_with_several_readings_is_answered_as_the_policy_says(tmp_path, policy):
    generate(tmp_path, 1_500, ambiguous=policy, only={"city": ["德州", "东营"]})
    rows = [row for part in gold(tmp_path).values() for row in part]
    assert len({row.text for row in rows}) == 1_500
    ambiguous = [row for row in rows if "readings" in row.meta]
    assert bool(ambiguous) == (policy != "drop")
    assert any(row.meta["left_open"] for row in ambiguous) == (policy == "omit")


TINY = """\
title: 电力客服查询
task: power
reference_day: 2024-06-15
tables:
  places:
    file: places.csv
    levels:
      province: {label: Province}
      city: {label: City, forms: {plain: {}, long: {add: 市}}, default: [plain, long]}
      company: {label: Company}
      substation: {label: Substation}
words:
  indicator: {label: Indicator, file: indicators.txt}
  total: {file: totals.txt}
"""
TINY_PLACES = """\
province,city,company,substation
山东省,菏泽,巨野县供电公司,凤凰供电所
山东省,菏泽,鄄城县供电公司,凤凰供电所
山东省,济南,市中区供电公司,泺源供电所
山东省,枣庄,市中区供电公司,永安供电所
"""
TINY_TEMPLATES = """\
all: {city}{company}[{substation}]{indicator}{total}
company: {company}的{indicator}{total}
substation: {substation}[的]20%{indicator}{total}
"""


@pytest.fixture
def tiny(tmp_path):
    folder = tmp_path / "tiny"
    folder.mkdir()
    for name, content in {
        "domain.yaml": TINY,
        "places.csv": TINY_PLACES,
        "templates.txt": TINY_TEMPLATES,
        "indicators.txt": "投诉\n意见百万户量\n",
        "totals.txt": "个数\n总数\n",
    }.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def tiny_texts():
    """All that the three templates say of the four places, spelled out by hand."""
    places = [tuple(line.split(",")) for line in TINY_PLACES.splitlines()[1:]]
    said = set()
    for _, city, company, substation in places:
        for way in (city, city + "市"):
            said |= {way + company, way + company + substation}
        said |= {company + "的", substation, substation + "的"}
    return {f"{place}{i}{t}" for place in said for i in ("投诉", "意见百万户量") for t in ("个数", "总数")}


@pytest.mark.parametrize("seed", range(3))
def test_every_distinct_text_can_be_asked_for_and_none_more(tmp_path, tiny, seed):
    texts = tiny_texts()
    options = {"seed": seed, "dev": 0.2, "test": 0.1}
    generate(tmp_path / "out", len(texts), options, domain=tiny, ambiguous="omit")
    rows = [row.text for part in gold(tmp_path / "out").values() for row in part]
    assert len(rows) == len(texts)
    assert set(rows) == texts
    with pytest.raises(UsageError, match=f"--rows {len(texts) + 1}: .* ask for 1 to {len(texts)}$"):
        generate(tmp_path / "more", len(texts) + 1, options, domain=tiny, ambiguous="omit")


def test_a_text_has_the_same_answer_whatever_the_seed(tmp_path, tiny):
    answers = []
    for seed in (1, 2):
        generate(tmp_path / str(seed), len(tiny_texts()), {"seed": seed}, domain=tiny, ambiguous="omit")
        rows = [row for part in gold(tmp_path / str(seed)).values() for row in part]
        answers.append({row.text: row.entities for row in rows})
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        pytest.param(
            "凤凰供电所投诉个数",
            "<Province>山东省</Province><City>菏泽</City><Substation>凤凰供电所</Substation>"
            "<Indicator>投诉</Indicator>个数",
            id="company left open",
        ),
        pytest.param(
            "市中区供电公司的投诉个数",
            "<Province>山东省</Province><Company>市中区供电公司</Company>的<Indicator>投诉</Indicator>个数",
            id="city left open",
        ),
        pytest.param(
            "济南市市中区供电公司投诉总数",
            "<Province>山东省</Province><City>济南</City><Company>市中区供电公司</Company>"
            "<Indicator>投诉</Indicator>总数",
            id="long city",
        ),
        pytest.param(
            "永安供电所意见百万户量个数",
            "<Province>山东省</Province><City>枣庄</City><Company>市中区供电公司</Company>"
            "<Substation>永安供电所</Substation><Indicator>意见百万户量</Indicator>个数",
            id="all parents",
        ),
        pytest.param(
            "菏泽鄄城县供电公司凤凰供电所投诉个数",
            "<Province>山东省</Province><City>菏泽</City><Company>鄄城县供电公司</Company>"
            "<Substation>凤凰供电所</Substation><Indicator>投诉</Indicator>个数",
            id="nothing but the province to complete",
        ),
    ],
)
def test_a_query_is_answered_exactly_so(tmp_path, tiny, text, answer):
    generate(tmp_path / "out", len(tiny_texts()), {"dev": 0, "test": 0}, domain=tiny, ambiguous="omit")
    answers = {asked(row): row["output"] for row in load(tmp_path / "out" / "ner.json")}
    assert answers[text] == answer


def test_the_domain_is_the_projects_own_unless_told_otherwise():
    assert SlotOptions(1).domain == Path(__file__).parents[3] / "data" / "power"
