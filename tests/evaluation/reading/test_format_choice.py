import pytest

from nerforge.evaluation.reading.format_choice import FormatChoice, FormatFit, choose_format
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.domain import Answer, Entity, Grounding, LabelSchema, Outcome, Sample
from nerforge.templates.tasks import load_task

POWER = load_task("power")
SAMPLES = [
    Sample(f"s{i}", f"{i}月菏泽市投诉", (Entity("Date", f"{i}月", 0, 2), Entity("Indicator", "投诉", 5, 7)))
    for i in range(1, 10)
]


class StubFormat:
    """Reads every answer with the same outcome and groundings."""

    name = "stub"

    def __init__(self, outcome: Outcome, *groundings: Grounding) -> None:
        self.answer = Answer((), outcome, (), groundings)

    def encode(self, sample: Sample, schema: LabelSchema) -> str:
        return ""

    def decode(self, output: str, text: str, schema: LabelSchema) -> Answer:
        return self.answer


def outputs(name: str) -> dict[str, str]:
    return {sample.id: load_format(name).encode(sample, POWER.schema) for sample in SAMPLES}


@pytest.mark.parametrize("default", ["json", "xml"])
@pytest.mark.parametrize("name", ["json", "xml"])
def test_the_format_in_which_answers_are_written_is_found(name: str, default: str) -> None:
    choice = choose_format(SAMPLES, outputs(name), POWER.schema, default)
    assert choice.name == name
    assert (choice.n_read, choice.fits[name].clean, set(choice.fits)) == (9, 9, set(FORMATS))


def test_the_note_says_what_was_chosen_and_why() -> None:
    note = choose_format(SAMPLES, outputs("json"), POWER.schema, "xml").note()
    assert note.startswith("answers are read as json; of 9 answers: json 9 clean and ")
    assert "xml 0 clean" in note


@pytest.mark.parametrize(
    ("one", "other", "chosen"),
    [
        (StubFormat(Outcome.REPAIRED, Grounding.EXACT), StubFormat(Outcome.EMPTY), "other"),
        (StubFormat(Outcome.CLEAN, Grounding.EXACT), StubFormat(Outcome.CLEAN), "one"),
        (StubFormat(Outcome.CLEAN, Grounding.HALLUCINATED), StubFormat(Outcome.CLEAN), "default"),
    ],
    ids=["clean", "grounded", "tie"],
)
def test_clean_answers_count_first_then_grounded_entities_then_the_default(
    one: StubFormat, other: StubFormat, chosen: str
) -> None:
    formats = {"one": one, "other": other, "default": other}
    if chosen == "other":
        formats.pop("default")
    assert choose_format(SAMPLES, outputs("xml"), POWER.schema, "default", formats=formats).name == chosen


@pytest.mark.whole
def test_only_a_seeded_sample_is_read() -> None:
    samples = [Sample(f"s{i}", "晴。") for i in range(500)]
    answers = {sample.id: "晴。" if i % 2 else "雨" for i, sample in enumerate(samples)}

    def choose(seed: int) -> FormatChoice:
        return choose_format(samples, answers, POWER.schema, "xml", seed=seed)

    assert choose(1).n_read == 200
    assert choose(1) == choose(1)
    assert len({choose(seed).fits["xml"] for seed in range(5)}) > 1


def test_without_any_answer_the_default_stands() -> None:
    choice = choose_format(SAMPLES, {}, POWER.schema, "xml")
    assert (choice.name, choice.n_read, choice.fits["xml"]) == ("xml", 0, FormatFit(0, 0))
