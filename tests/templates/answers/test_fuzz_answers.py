"""No answer makes reading fail, contradict itself, or take long; ``tests/fuzz_answers.py`` tries more."""

import json

import pytest

from nerforge.templates.answers import FORMATS
from nerforge.templates.tasks import load_task
from tests import fuzz_answers

pytestmark = pytest.mark.whole

# What all formats fear, what those of JSON do, and what those that tag the sentence do.
ANY = ["braces", "nothing", "thinking", "fences", "chatter"]
JSON = ["braces_and_quotes", "brackets_and_braces", "quotes", "open_objects", "glued_objects", "deep_arrays"]
INLINE = ["sentence", "spaces", "angles", "ampersands", "unknown_tags"]
# What readers of layouts fear; they are the same in all formats.
LAYOUTS = [
    *["arrows", "bullets", "headings", "unknown_headings", "label_lists", "one_list", "enumerations"],
    *["open_brackets_of_labels", "rows_with_true", "rows_with_false", "rows_of_a_table", "rows_of_csv"],
    *["rows_of_tsv", "prose", "english_prose", "yaml_maps", "fields", "negations", "label_words"],
    *["label_words_and_colons", "tags_with_types", "html", "marks", "sentences_of_others", "long_heading"],
    *["long_list", "long_cell", "wide_row", "list_behind_a_heading", "objects_in_lines_of_a_list"],
    *["random_words", "blanks_behind_a_bar", "blanks_behind_a_name", "blanks_between_signs"],
]
FAMILIES = {
    "json": [
        *ANY,
        *JSON,
        *LAYOUTS,
        "backslashes",
        "full_width_braces",
        "lines",
        "lines_in_single_quotes",
        "unclosed_values",
        "hallucinated",
        "distinct_values",
        "long_string",
        "closed_objects",
        "escaped_deep_objects",
        "mentions",
        "pairs_of_tags",
    ],
    "grouped": [*ANY, *JSON, "groups", "list_of_values"],
    "occurrence": [*ANY, *JSON, "counted", "digits"],
    "xml": [
        *ANY,
        *INLINE,
        *["html", "tags_with_types", "label_lists", "prose", "random_words"],
        "opening_tags",
        "closing_tags",
        "pairs_of_tags",
        "crossing_tags",
        "tags_with_attributes",
        "escaped_tags",
        "full_width_tags",
        "deep_tags",
        "long_tag",
        "mention_among_open_ones",
    ],
    "bracket": [
        *ANY,
        *INLINE,
        *["marks", "enumerations", "random_words"],
        "open_mentions",
        "mention_among_open_ones",
        "mentions",
        "ends_of_mentions",
        "bars",
        "brackets",
        "deep_mentions",
        "long_mention",
    ],
}


@pytest.mark.parametrize("name", FORMATS)
def test_an_answer_that_was_mutated_is_read_without_a_fault(name):
    findings = fuzz_answers.fuzz(2_000, 0, [name])
    assert findings.faults == []
    assert sum(findings.outcomes.values()) == 2_000


def test_an_answer_may_be_mutated_from_one_format_and_read_as_another():
    assert fuzz_answers.fuzz(2_000, 1, list(FORMATS)).faults == []


@pytest.mark.parametrize(
    ("name", "family"),
    [
        pytest.param(name, family, id=f"{name}-{family}")
        for name in FORMATS
        for family in FAMILIES.get(name, [])
    ],
)
def test_the_time_grows_with_the_answer_and_no_faster(name, family):
    assert fuzz_answers.linear_seconds(name, family) < fuzz_answers.LINEAR_SECONDS


def test_every_format_is_timed():
    assert set(FORMATS) <= set(FAMILIES)


@pytest.mark.parametrize("page", fuzz_answers.PAGES)
@pytest.mark.parametrize("name", FORMATS)
def test_a_page_takes_no_longer_than_its_length_allows(name, page):
    assert fuzz_answers.page_seconds(name, page) < fuzz_answers.LINEAR_SECONDS


# What is hard in a format's own way; the rest of each row is read as in these.
HARD = {
    "json": ["one_value_15000_times", "values_of_every_length", "values_that_are_not_said", "same", "other"],
    "grouped": ["two_values_in_turn", "values_of_a_periodic_text", "dropped"],
    "occurrence": ["one_value_15000_times", "two_values_in_turn", "dropped"],
    "xml": ["one_value_750_times", "one_value_15000_times", "broken", "often_dropped", "paragraph_twice"],
    "bracket": ["one_value_15000_times", "a_long_value_of_a_periodic_text", "dropped", "added"],
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [pytest.param(name, kind, id=f"{name}-{kind}") for name, kinds in HARD.items() for kind in kinds],
)
def test_a_long_answer_about_a_long_text_takes_little_time(name, kind):
    assert fuzz_answers.hard_seconds(name, kind) < fuzz_answers.HARD_SECONDS


def test_entities_without_a_mention_are_ordered_in_a_time_that_grows_with_their_number():
    groups = {"Province": [f"省{i}" for i in range(25_000)], "City": [f"市{i}" for i in range(25_000)]}
    sentence, schema = "菏泽投诉", load_task("power").schema
    answer, seconds = fuzz_answers.decode_seconds("grouped", json.dumps(groups), sentence, schema)
    assert seconds < fuzz_answers.LINEAR_SECONDS
    assert [entity.text for entity in answer.entities] == groups["Province"] + groups["City"]
