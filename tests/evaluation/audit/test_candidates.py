"""Candidates: what may be wrong in a sentence, and what CRFs say of it."""

from collections.abc import Callable

import numpy as np
import pytest

from nerforge.evaluation.audit.candidates import Candidate, CandidateFinder
from nerforge.evaluation.audit.chain_reading import ChainModel, ChainSentence
from nerforge.evaluation.audit.chain_tags import ChainTags
from nerforge.evaluation.audit.fault_planting import PlantedFault
from nerforge.evaluation.audit.rarity import Rarity
from nerforge.evaluation.audit.sentence_reading import CrfReading
from nerforge.templates.domain import Entity, Sample

TEXT = "张伟从上海回来"
PERSON, CITY = Entity("PER", "张伟", 0, 2), Entity("GPE", "上海", 3, 5)
LABELS = ("PER", "GPE")
Finder = Callable[..., list[Candidate]]


@pytest.fixture
def find() -> Finder:
    """Find candidates where CRFs are sure of the person and the city."""

    def sure(*gold: Entity, fault: PlantedFault | None = None) -> list[Candidate]:
        sentences = []
        for nested in (False, True):
            tags = ChainTags(LABELS, nested=nested)
            emission = np.zeros((len(TEXT), tags.width), dtype=np.float32)
            for chain, row in enumerate(tags.write(len(TEXT), [PERSON, CITY]).T):
                assert chain < tags.n_chains
                emission[np.arange(len(TEXT)), row] = 3
            steps = np.zeros((tags.width, tags.width), dtype=np.float32)
            sentences.append(ChainSentence(ChainModel(tags, steps), emission))
        reading = CrfReading(sentences, len(TEXT), gold)
        finder = CandidateFinder(LABELS, nested=False)
        return finder.find(Sample("a", TEXT, gold), reading, [], fault)

    return sure


def best(candidates: list[Candidate], gold: Entity | None) -> Candidate:
    return max((x for x in candidates if x.gold == gold), key=lambda x: x.odds)


def test_what_is_right_has_no_likely_candidate(find: Finder) -> None:
    assert all(x.odds < 0 and not x.is_read_so for x in find(PERSON, CITY))


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        (Entity("PER", "上海", 3, 5), "label"),
        (Entity("GPE", "从上海", 2, 5), "left"),
        (Entity("GPE", "上海回", 3, 6), "right"),
        (Entity("GPE", "从上", 2, 4), "shifted"),
    ],
    ids=["label", "left", "right", "shifted"],
)
def test_the_mending_of_a_wrong_mention_is_the_likeliest(find: Finder, wrong: Entity, kind: str) -> None:
    found = best(find(PERSON, wrong), wrong)
    assert (found.kind, found.proposed, found.is_read_so) == (kind, CITY, True)
    assert found.doubt.joint >= found.opinion.joint > 0


def test_what_is_missing_is_found_and_what_is_none_is_removed(find: Finder) -> None:
    missing = best(find(PERSON), None)
    assert (missing.kind, missing.proposed, missing.is_read_so) == ("missing", CITY, True)
    none = Entity("GPE", "回", 5, 6)
    extra = best(find(PERSON, CITY, none), none)
    assert (extra.kind, extra.proposed, extra.is_read_so) == ("extra", None, True)


def test_of_a_copy_only_what_is_about_its_fault_is_listed(find: Finder) -> None:
    wrong = Entity("GPE", "从上海", 2, 5)
    sample = Sample("a", TEXT, (PERSON, wrong))
    assert {x.gold for x in find(PERSON, wrong, fault=PlantedFault(0, sample, "left", CITY, wrong))} == {
        wrong
    }
    without = Sample("a", TEXT, (PERSON,))
    found = find(PERSON, fault=PlantedFault(0, without, "missing", CITY, None))
    assert found
    assert all(x.gold is None and x.proposed and x.proposed.end and x.proposed.end > 3 for x in found)


def test_high_odds_are_rarer_than_low_ones_and_groups_are_apart(find: Finder) -> None:
    wrong = Entity("GPE", "从上海", 2, 5)
    clean, faulty = find(PERSON, CITY), find(PERSON, wrong)
    rarity = Rarity([*clean * 20, *faulty])
    likely = best(faulty, wrong)
    usual = max((x for x in clean if x.gold == CITY and x.kind == likely.kind), key=lambda x: x.odds)
    assert rarity.of(likely) > rarity.of(usual) >= 0


def test_a_mention_is_not_mended_into_its_neighbour(find: Finder) -> None:
    first, second = Entity("GPE", "从上", 2, 4), Entity("GPE", "海", 4, 5)
    about = [x for x in find(PERSON, first, second) if x.gold == first and x.proposed and x.proposed.end]
    assert about
    assert all(x.proposed and x.proposed.end and x.proposed.end <= 4 for x in about)
    # What lies beside a mention is another one.
    assert all(x.proposed and x.proposed.start is not None and x.proposed.start < 4 for x in about)
