import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.baselines.crf import CrfOptions, CrfTagger
from nerforge.evaluation.baselines.crf_features import features, from_tags, to_tags
from nerforge.evaluation.baselines.spans import outermost
from nerforge.foundation.errors import UserError
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.tasks import load_task

NEWS, POWER = load_task("ccfbdci").schema, load_task("power").schema
OPTIONS = CrfOptions(max_rounds=20)
SURNAMES, GIVEN, VERBS = "王李张刘陈杨赵黄", "芳伟敏静丽强磊军", ("说", "来了", "主持会议")


def people(n: int) -> list[Sample]:
    rng = random.Random(0)
    names = (rng.choice(SURNAMES) + rng.choice(GIVEN) + rng.choice(GIVEN) for _ in range(n))
    return [
        Sample(f"{i}", f"昨天{name}{rng.choice(VERBS)}", (Entity("PER", name, 2, 5),))
        for i, name in enumerate(names)
    ]


def tagger(samples: list[Sample], folder: Path, options: CrfOptions = OPTIONS) -> CrfTagger:
    made = CrfTagger(samples, NEWS, options, folder)
    made.prepare()
    return made


def test_entities_that_training_does_not_hold_are_found(tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []
    crf = CrfTagger(people(60), NEWS, OPTIONS, tmp_path)
    crf.prepare(lambda done, total: steps.append((done, total)))
    assert crf.tag("昨天周芳芳来了") == [Entity("PER", "周芳芳", 2, 5)]
    assert crf.tag("") == []
    assert steps[0] == (1, 20)
    assert 1 < len(steps) <= 20


def test_a_model_is_trained_once_for_the_same_training_and_settings(tmp_path: Path) -> None:
    first = tagger(people(20), tmp_path)
    again = tagger(people(20), tmp_path)
    other = tagger(people(20), tmp_path, CrfOptions(c2=0.5, max_rounds=20))
    assert [crf.was_trained for crf in (first, again, other)] == [True, False, True]
    assert len({crf.path for crf in (first, again, other)}) == 2


def test_a_broken_model_is_trained_again(tmp_path: Path) -> None:
    path = tagger(people(20), tmp_path).path
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    assert tagger(people(20), tmp_path).was_trained
    assert path.read_bytes() == whole


def test_a_training_that_is_interrupted_leaves_no_model(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CrfTagger(people(20), NEWS, OPTIONS, tmp_path).prepare(interrupt)
    assert list(tmp_path.iterdir()) == []


def test_what_it_cannot_learn_is_said(tmp_path: Path) -> None:
    inner, outer = Entity("City", "济南", 0, 2), Entity("Company", "济南供电公司", 0, 6)
    sample = Sample("1", "济南供电公司", (Entity("Province", "山东省"), outer, inner))
    crf = CrfTagger([sample], POWER, CrfOptions(max_rounds=2), tmp_path)
    crf.prepare()
    assert crf.notes()[1].endswith("it leaves out 1 without a mention, 1 nested or crossing")
    assert json.loads(crf.path.with_suffix(".json").read_text())["settings"]["max_rounds"] == 2


def test_training_without_a_mention_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a CRF has nothing to learn"):
        tagger([Sample("1", "晴")], tmp_path)


def test_a_normalised_value_is_that_of_training_or_of_the_normaliser(tmp_path: Path) -> None:
    samples = [Sample("1", "菏泽市投诉", (Entity("City", "菏泽", 0, 3),))]
    lexicon = CrfTagger(samples, POWER, OPTIONS, tmp_path).lexicon
    assert lexicon.read("City", "菏泽市", (0, 3)) == Entity("City", "菏泽", 0, 3)
    assert lexicon.read("City", "济南市", (0, 3)) == Entity("City", "济南", 0, 3)
    assert lexicon.read("Indicator", "意见", (0, 2)) == Entity("Indicator", "意见", 0, 2)
    # The normaliser leaves nothing of the suffix alone.
    assert lexicon.read("City", "市", (0, 1)) == Entity("City", "市", 0, 1)


def test_a_surface_of_the_sentence_alone_is_not_known_in_it(tmp_path: Path) -> None:
    samples = [
        Sample("1", "王芳", (Entity("PER", "王芳", 0, 2),)),
        Sample("2", "李雷", (Entity("PER", "李雷", 0, 2),)),
        Sample("3", "李雷说", (Entity("PER", "李雷", 0, 2),)),
    ]
    crf = CrfTagger(samples, NEWS, OPTIONS, tmp_path)
    assert crf._known("王芳", {"王芳"}) == ["O", "O"]
    assert crf._known("李雷", {"李雷"}) == ["B-PER", "I-PER"]
    assert crf._known("王芳") == ["B-PER", "I-PER"]


def test_each_character_has_its_neighbours_kinds_and_known_tags() -> None:
    seen = features("a1。", ["O", "B-X", "O"])
    assert len(seen) == 3
    assert {"0:1", "-1:a", "+1:。", "-1,0:a1", "kind:d", "kinds:ldp", "known:B-X", "knowns:O|B-X|O"} <= set(
        seen[1]
    )


ENTITIES = st.lists(
    st.tuples(st.sampled_from(["PER", "LOC"]), st.integers(0, 15), st.integers(1, 4)).map(
        lambda x: Entity(x[0], "x", x[1], x[1] + x[2])
    )
)


@pytest.mark.whole
@given(ENTITIES)
def test_tags_say_entities_that_do_not_overlap_and_are_read_back(entities: list[Entity]) -> None:
    flat = outermost(entities)
    assert [(label, span) for label, span in from_tags(to_tags(20, flat))] == [
        (e.label, e.span) for e in flat
    ]


def test_an_inside_without_its_beginning_begins_a_span() -> None:
    assert list(from_tags(["I-A", "I-A", "I-B", "O", "I-B"])) == [("A", (0, 2)), ("B", (2, 3)), ("B", (4, 5))]
