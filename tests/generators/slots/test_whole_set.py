"""The whole default data set of 50,000 rows, held against the table, the word lists and the files themselves.

Nothing here comes from the generator but the data set: what a name can mean is worked out anew.
"""

import csv
import json
import re
import unicodedata
from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions, generate_slots
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Entity, EntityKind, Sample
from nerforge.templates.tasks import read_task

pytestmark = pytest.mark.whole

POWER = Path(__file__).parents[3] / "data" / "power"
TOWNS = Path(__file__).parents[3].parent / "shared" / "gazetteer" / "shandong_towns.json"
LEVELS = ("Province", "City", "Company", "Substation")
N_ROWS = 50_000
SIZES = {"train": 40_000, "dev": 5_000, "test": 5_000}


class Place(NamedTuple):
    province: str
    city: str
    company: str
    substation: str
    company_alias: str


class Reading(NamedTuple):
    """What a phrase can mean: a path from the province down, and the span of each level that it names."""

    path: tuple[str, ...]
    mentions: tuple[tuple[str, tuple[int, int]], ...]


def words(name):
    lines = (POWER / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def read_places():
    with (POWER / "shandong.csv").open(encoding="utf-8", newline="") as file:
        return [Place(**row) for row in csv.DictReader(file)]


PLACES = read_places()
COUNTY_ENDINGS = ("县", "区", "市")


def without_ending(county):
    """Leave out the ending of a county; a development zone or a new district is called by its whole name."""
    is_zone = county.endswith(("开发区", "新区"))
    return county[:-1] if county.endswith(COUNTY_ENDINGS) and not is_zone else county


def company_stem(company):
    if company.endswith("供电中心"):
        return company.removesuffix("供电中心")
    stem = without_ending(company.removesuffix("供电公司"))
    return stem if len(stem) > 1 else None


def substation_stem(substation):
    stem = substation.removesuffix("供电所")
    return stem if len(stem) > 1 else None


def ways(place, level, form):
    """The ways to write a level of a place in a form."""
    if level == "City":
        return [place.city, place.city + "市"]
    if form == "full":
        aliases = place.company_alias.split("|") if level == "Company" else []
        return [getattr(place, level.lower()), *aliases]
    if form == "stem":
        return [company_stem(place.company) if level == "Company" else substation_stem(place.substation)]
    if place.company.endswith("供电中心"):
        return [place.company.removesuffix("供电中心")]
    county = place.company.removesuffix("供电公司")
    stem = without_ending(county)
    return [county, stem + "供电公司" if stem != county and len(stem) > 1 else None]


PLAIN = {
    "city-company-substation": (("City", ""), ("Company", "full"), ("Substation", "full")),
    "city": (("City", ""),),
    "company": (("Company", "full"),),
    "city-company": (("City", ""), ("Company", "full")),
    "city-substation": (("City", ""), ("Substation", "full")),
    "substation": (("Substation", "full"),),
    "province-city-company-substation": (
        ("Province", "full"),
        ("City", ""),
        ("Company", "full"),
        ("Substation", "full"),
    ),
    "company-substation": (("Company", "full"), ("Substation", "full")),
    "city-company-short": (("City", ""), ("Company", "stem")),
    "city-substation-short": (("City", ""), ("Substation", "stem")),
    "company-short-substation-short": (("Company", "stem"), ("Substation", "stem")),
    "company-short": (("Company", "stem"),),
    "substation-short": (("Substation", "stem"),),
    "place-date": (("Substation", "full"),),
    "province": (("Province", "full"),),
}
"""What each template says of a place, and in which form."""


def dropped(slots):
    """What a template says where people leave a suffix out."""
    return tuple(
        (level, "dropped" if (level, form) == ("Company", "full") else form) for level, form in slots
    )


def phrases(place, slots):
    """Spell out what one place is called."""
    spoken = [("", ())]
    for level, form in slots:
        spoken = [
            (text + way, (*mentions, (level, (len(text), len(text) + len(way)))))
            for text, mentions in spoken
            for way in ways(place, level, form)
            if way
        ]
    return spoken


@cache
def read_phrases():
    """Every phrase that any template says, and all that it can mean."""
    readings = defaultdict(set)
    said = defaultdict(set)
    for name, slots in PLAIN.items():
        for chosen in {slots, dropped(slots)}:
            depth = 1 + LEVELS.index(slots[-1][0])
            for place in PLACES:
                for text, mentions in phrases(place, chosen):
                    readings[text].add(Reading(place[:depth], mentions))
                    if chosen == slots:
                        said[name].add(text)
    return readings, said


@cache
def soundalikes():
    """All phrases by what is left of them when a character is left open."""
    phrases = defaultdict(list)
    for text in read_phrases()[0]:
        for at in range(len(text)):
            phrases[text[:at] + "*" + text[at + 1 :]].append(text)
    return phrases


def certain(phrase):
    """What a phrase says for sure: level, value, span, where all that it can mean agrees."""
    answers = []
    for reading in read_phrases()[0][phrase]:
        spans = dict(reading.mentions)
        answers.append(
            {
                level: (value, spans.get(level))
                for level, value in zip(LEVELS, reading.path, strict=False)
                if level != "Substation" or level in spans
            }
        )
    sure, taken = set(), set()
    for level in LEVELS:
        values = {answer[level][0] if level in answer else None for answer in answers}
        spans = {answer[level][1] for answer in answers if level in answer} - {None}
        if len(values) == 1 and None not in values and len(spans) < 2:
            # 东营 is short for a city and for its company 东营区供电公司: the higher level keeps the words.
            span = next((span for span in spans if taken.isdisjoint(range(*span))), None)
            taken.update(range(*span) if span else ())
            if span or level != "Substation":
                sure.add((level, values.pop(), span))
    return sure


class Whole(NamedTuple):
    out: Path
    manifest: dict
    gold: dict
    """By split."""
    schema: object

    @property
    def rows(self):
        return [row for rows in self.gold.values() for row in rows]


def read_gold_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "data"
    generate_slots(SlotOptions(N_ROWS), DatasetOptions(out))
    gold = {name: read_gold_lines(out / "gold" / f"{name}.jsonl") for name in SIZES}
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return Whole(out, manifest, gold, read_task(out / "task.yaml").schema)


def noise(row):
    return row["meta"].get("noise", [])


def mention(row, label):
    return next((e for e in row["entities"] if e["label"] == label and e["start"] is not None), None)


def as_entities(row):
    return tuple(Entity(**entity) for entity in row["entities"])


OPENINGS = sorted(words("asides.txt") + words("polite.txt"), key=len, reverse=True)


def phrase_of(row):
    """Give what stands where the place does, without spaces, and where in the text its characters stand."""
    text, indicator, day = row["text"], mention(row, "Indicator"), mention(row, "Date")
    start, end = 0, indicator["start"]
    for channel, openings in (("aside", words("asides.txt")), ("polite", words("polite.txt"))):
        if channel in noise(row):
            start += max(len(opening) for opening in openings if text.startswith(opening, start))
    if day and row["meta"]["template"] == "place-date":
        end = day["start"]
    elif day:
        assert day["start"] == start, row
        start = day["end"]
    at = [i for i in range(start, end) if text[i] != " "]
    if text[at[-1]] == "的":
        at.pop()
    return "".join(text[i] for i in at), at


def is_about_a_place(row):
    return row["meta"]["template"] in PLAIN


def said_of_places(row, at):
    """Levels, values and spans in a row, the spans within the phrase alone."""
    found = set()
    for entity in row["entities"]:
        if entity["label"] in LEVELS:
            span = None
            if entity["start"] is not None:
                inside = [i for i, place in enumerate(at) if entity["start"] <= place < entity["end"]]
                span = (inside[0], inside[-1] + 1)
            found.add((entity["label"], entity["text"], span))
    return found


def test_no_text_stands_twice_and_every_row_has_its_own_id(whole):
    assert {name: len(rows) for name, rows in whole.gold.items()} == SIZES
    assert len({row["text"] for row in whole.rows}) == N_ROWS
    assert len({row["id"] for row in whole.rows}) == N_ROWS


def test_what_differs_only_in_spaces_and_the_width_of_digits_has_one_answer(whole):
    answers = defaultdict(set)
    for row in whole.rows:
        folded = unicodedata.normalize("NFKC", row["text"]).replace(" ", "")
        said = ((e["label"], unicodedata.normalize("NFKC", e["text"])) for e in row["entities"])
        answers[folded].add(tuple(sorted(said)))
    assert [text for text, different in answers.items() if len(different) > 1] == []


def test_every_entity_is_extracted_normalised_or_inferred_as_its_task_allows(whole):
    kinds = {name: Counter() for name in whole.gold}
    for name, rows in whole.gold.items():
        for row in rows:
            for entity in as_entities(row):
                kind = whole.schema.kind(entity, row["text"])
                kinds[name][kind.value] += 1
                if kind is EntityKind.INFERRED:
                    assert entity.label in ("Province", "City", "Company")
    assert {n: dict(k) for n, k in kinds.items()} == {
        name: split["kinds"] for name, split in whole.manifest["splits"].items()
    }


def test_what_is_answered_of_a_place_follows_from_the_table(whole):
    n_checked = 0
    for row in whole.rows:
        if not is_about_a_place(row):
            assert not {e["label"] for e in row["entities"]} & set(LEVELS), row
            continue
        phrase, at = phrase_of(row)
        if phrase in read_phrases()[0]:
            assert said_of_places(row, at) == certain(phrase), row
            n_checked += 1
        else:
            assert "typo" in noise(row), row
    assert n_checked > 45_000


def test_a_mistyped_name_is_answered_as_the_right_one_is(whole):
    n_checked = 0
    for row in whole.rows:
        phrase, at = phrase_of(row) if is_about_a_place(row) else ("", [])
        if phrase and phrase not in read_phrases()[0]:
            said = said_of_places(row, at)
            meant = [
                right
                for i in range(len(phrase))
                for right in soundalikes().get(phrase[:i] + "*" + phrase[i + 1 :], [])
            ]
            assert any(certain(right) == said for right in meant), row
            n_checked += 1
    assert n_checked > 500


def test_rows_say_in_how_many_ways_they_can_be_read_and_what_that_leaves_open(whole):
    for row in whole.rows:
        phrase = phrase_of(row)[0] if is_about_a_place(row) else None
        if phrase in read_phrases()[0]:
            readings = read_phrases()[0][phrase]
            assert row["meta"].get("readings", 1) == len(readings), row
            depth = max(len(reading.path) for reading in readings)
            open_levels = set(LEVELS[:depth]) - {level for level, *_ in certain(phrase)}
            wanted = sorted(level.lower() for level in open_levels) if len(readings) > 1 else None
            found = row["meta"].get("left_open")
            assert (sorted(found) if found is not None else None) == wanted, row


@pytest.mark.parametrize(
    ("phrase", "answer"),
    [
        pytest.param("凤凰供电所", {("Province", "山东省", None)}, id="several companies in several cities"),
        pytest.param("日照", {("Province", "山东省", None)}, id="city and company"),
        pytest.param("市中区供电公司", {("Province", "山东省", None)}, id="two cities"),
    ],
)
def test_the_oracle_itself_leaves_open_what_is_open(phrase, answer):
    assert answer <= certain(phrase)
    assert len(read_phrases()[0][phrase]) > 1


def test_every_ambiguous_name_occurs_and_is_left_open_as_the_table_leaves_it(whole):
    ambiguous = {p for names in read_phrases()[1].values() for p in names if len(read_phrases()[0][p]) > 1}
    seen = {phrase_of(row)[0] for row in whole.gold["train"] if is_about_a_place(row)}
    assert len(ambiguous) > 200
    assert ambiguous <= seen


def test_training_says_every_place_in_every_way_with_every_template(whole):
    seen = defaultdict(set)
    for row in whole.gold["train"]:
        if is_about_a_place(row) and not {"typo", "drop_suffix"} & set(noise(row)):
            seen[row["meta"]["template"]].add(phrase_of(row)[0])
    taken = set()
    for name, wanted in read_phrases()[1].items():
        # What two templates say alike, the first of them says.
        assert sorted(wanted - taken - seen[name]) == [], name
        taken |= wanted if name != "place-date" else set()


def test_training_answers_every_place_of_the_table_in_full_and_in_short(whole):
    seen = defaultdict(set)
    for row in whole.gold["train"]:
        substation = mention(row, "Substation")
        if substation and "typo" not in noise(row):
            answered = {e["label"]: e["text"] for e in row["entities"]}
            place = tuple(answered.get(level) for level in LEVELS)
            seen[place].add(row["text"][substation["start"] : substation["end"]].replace(" ", ""))
    for place in PLACES:
        assert place.substation in seen[place[: len(LEVELS)]], place
    short = {place for place in PLACES if substation_stem(place.substation)}
    unsure = {place for place in short if substation_stem(place.substation) not in seen[place[: len(LEVELS)]]}
    # What is left are places that no short phrase tells from another one.
    for place in unsure:
        of_it = [
            text
            for name in ("city-substation-short", "company-short-substation-short", "substation-short")
            for text, _ in phrases(place, PLAIN[name])
        ]
        assert all(len(certain(text)) < 4 for text in of_it), place


@pytest.mark.parametrize("file", ["indicators.txt", "totals.txt", "brands.txt", "goods.txt", "sentences.txt"])
def test_training_says_every_word_of_a_list(whole, file):
    everything = "\n".join(row["text"].replace(" ", "") for row in whole.gold["train"])
    assert [word for word in words(file) if word.replace(" ", "") not in everything] == []


def test_training_has_every_template_label_and_class_of_dates(whole):
    train = whole.gold["train"]
    lines = (POWER / "templates.txt").read_text(encoding="utf-8").splitlines()
    named = {m[1] for line in lines if (m := re.match(r"!?([\w-]+)[^#:]*:", line))}
    assert {row["meta"]["template"] for row in train} == named
    assert {e["label"] for row in train for e in row["entities"]} == set(whole.schema.names)
    classes = Counter(row["meta"].get("date_class") for row in train)
    assert len(classes) > 20
    assert min(classes.values()) > 500


def test_a_hundredth_of_the_rows_says_of_each_class_of_dates_what_it_means(whole):
    for row in whole.rows:
        assert ("date" in row["meta"]) == (mention(row, "Date") is not None)
        if "date" in row["meta"]:
            first, last = map(date.fromisoformat, row["meta"]["date"])
            assert first <= last, row


def last_day(year, month):
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


@pytest.mark.parametrize(
    ("pattern", "interval"),
    [
        pytest.param(
            r"(\d{4})[年.-](\d\d?)[月.-](\d\d?)[日号]?", lambda y, m, d: (date(y, m, d),) * 2, id="day"
        ),
        pytest.param(
            r"(\d{4})[年.-](\d\d?)月?(?:份)?",
            lambda y, m: (date(y, m, 1), last_day(y, m)),
            id="month",
        ),
        pytest.param(r"(\d{4})年(?:全年)?", lambda y: (date(y, 1, 1), date(y, 12, 31)), id="year"),
        pytest.param(
            r"(\d{4})年第?([一二三四])季度",
            lambda y, q: (date(y, 3 * q - 2, 1), last_day(y, 3 * q)),
            id="quarter",
        ),
    ],
)
def test_a_date_that_is_written_out_means_what_it_says(whole, pattern, interval):
    n_checked = 0
    for row in whole.rows:
        day = mention(row, "Date")
        surface = unicodedata.normalize("NFKC", day["text"]) if day else ""
        if match := re.fullmatch(pattern, surface):
            numbers = ["一二三四".find(group) + 1 or int(group) for group in match.groups()]
            assert row["meta"]["date"] == [d.isoformat() for d in interval(*numbers)], row
            n_checked += 1
    assert n_checked > 100


def test_alpaca_rows_are_those_of_gold_and_their_answers_read_back(whole):
    xml = load_format("xml")
    for name, file in (("train", "ner.json"), ("dev", "ner_dev.json"), ("test", "ner_test.json")):
        rows = json.loads((whole.out / file).read_text(encoding="utf-8"))
        assert len(rows) == SIZES[name]
        for row, gold in zip(rows, whole.gold[name], strict=True):
            assert sorted(row) == ["input", "instruction", "output"]
            assert (row["instruction"].rpartition("\n")[2], row["input"]) == (gold["text"], "")
            entities = as_entities(gold)
            answer = xml.decode(row["output"], gold["text"], whole.schema)
            assert answer.entities == entities, row
            assert row["output"] == xml.encode(Sample("", gold["text"], entities), whole.schema)


def histogram(numbers):
    return {str(value): n for value, n in sorted(Counter(numbers).items())}


@pytest.mark.parametrize("name", SIZES)
def test_every_count_of_the_manifest_is_that_of_the_files(whole, name):
    rows = whole.gold[name]
    counted = {
        "samples": len(rows),
        "without_entities": sum(not row["entities"] for row in rows),
        "entities": dict(Counter(e["label"] for row in rows for e in row["entities"])),
        "dropped": {},
        "read_back": len(rows),
        "offsets_not_recoverable": 0,
        "templates": dict(Counter(row["meta"]["template"] for row in rows)),
        "date_classes": dict(Counter(row["meta"].get("date_class", "none") for row in rows)),
        "noise": dict(Counter(channel for row in rows for channel in noise(row))),
        "ambiguous": sum("readings" in row["meta"] for row in rows),
        "left_open": sum(bool(row["meta"].get("left_open")) for row in rows),
        "characters": histogram(len(row["text"]) for row in rows),
        "entities_per_sample": histogram(len(row["entities"]) for row in rows),
    }
    said = whole.manifest["splits"][name]
    assert {key: said[key] for key in counted} == counted
    assert set(said) == {*counted, "kinds"}


def test_the_coverage_in_the_manifest_is_that_of_the_training_file(whole):
    names = Counter(
        (e["label"], e["text"], row["text"][e["start"] : e["end"]])
        for row in whole.gold["train"]
        for e in row["entities"]
        if e["start"] is not None
    )
    said = whole.manifest["source"]["coverage"]["names_by_label"]
    for label in ("Province", "Indicator"):
        mine = {key: n for key, n in names.items() if key[0] == label and key[1] == key[2]}
        counted = {"names": len(mine), "seen": len(mine), "least": min(mine.values())}
        assert said[label] == counted, label
    stems = {place.substation: substation_stem(place.substation) for place in PLACES}
    wanted = {("Substation", s, way) for s, stem in stems.items() for way in (s, stem) if way}
    assert said["Substation"] == {
        "names": len(wanted),
        "seen": len(wanted),
        "least": min(names[key] for key in wanted),
    }


def test_no_row_of_test_stands_in_training(whole):
    trained = {row["text"] for row in whole.gold["train"]}
    leaks = whole.manifest["source"]["leaks"]
    assert leaks["exact_duplicates"] == sum(row["text"] in trained for row in whole.gold["test"]) == 0
    assert leaks["test_rows_checked"] == SIZES["test"]


def parents(level):
    found = defaultdict(set)
    for place in PLACES:
        found[place[level]].add(place[:level])
    return found


def test_the_ambiguous_names_that_the_manifest_counts_are_those_of_the_table(whole):
    said = whole.manifest["source"]["ambiguous_names"]["places"]
    substations, companies = parents(3), parents(2)
    several = [paths for paths in substations.values() if len(paths) > 1]
    counties = {
        way
        for place in PLACES
        for form in ("full", "stem", "dropped")
        for way in ways(place, "Company", form)
    }
    assert said["names: substation"] == len(substations) == 1_679
    assert said["substation under several company"] == len(several) == 99
    within = [paths for paths in several if len({path[:2] for path in paths}) < len(paths)]
    assert said["substation under several company within one city"] == len(within) == 8
    assert said["company under several city"] == sum(len(paths) > 1 for paths in companies.values()) == 0
    stems = {substation_stem(name) for name in substations} - {None}
    assert said["substation said like company"] == len(stems & counties) == 31


@pytest.mark.skipif(not TOWNS.exists(), reason=f"the table of divisions is not at {TOWNS}")
def test_the_table_of_divisions_has_the_known_numbers_of_ambiguous_towns():
    divisions = json.loads(TOWNS.read_text(encoding="utf-8"))
    stems, ours = defaultdict(set), defaultdict(set)
    for city, counties in divisions.items():
        for county, towns in counties.items():
            for town in towns:
                stems[re.sub("(街道|乡|镇)$", "", town)].add((city, county))
                stem, n = re.subn("(街道|乡|镇)$", "", town.removeprefix(county))
                ours[stem if len(stem) > 1 else town] |= {(city, county)} if n else set()
    several = {stem for stem, places in stems.items() if len(places) > 1}
    county_stems = {county[:-1] for counties in divisions.values() for county in counties if len(county) > 2}
    assert len(stems) == 1_718
    assert len(several) == 97
    assert sum(len({city for city, _ in stems[s]}) < len(stems[s]) for s in several) == 8
    assert sum(stem in county_stems for stem in stems) == 31
    # The gazetteer takes towns only, which leaves 1,679 stems, and drops the county that some are written
    # with, which leaves two more of them under several counties: 99.
    assert sum(bool(places) for places in ours.values()) == len(parents(3)) == 1_679
    assert {stem for stem, places in ours.items() if len(places) > 1} - several == {"张楼", "朝阳"}
