"""Trainings on parts: kept, resumed, and the same figures as ``nerforge score`` gives."""

from pathlib import Path

import pytest

import nerforge as nf
from nerforge.evaluation.baselines.run import EntityData, read_entity_data
from nerforge.evaluation.curves import CRF, DICTIONARY
from nerforge.evaluation.curves.sentence_counts import total_f1
from nerforge.evaluation.curves.subset_fits import SubsetTrainer
from nerforge.evaluation.curves.subset_plan import Subset
from nerforge.foundation.errors import UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.templates.domain import Sample
from tests.slot_sets import place_slots


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> EntityData:
    out = tmp_path_factory.mktemp("fits") / "data"
    place_slots(SlotOptions(120, only={"city": ("枣庄",)}), DatasetOptions(out, dev=0.2, test=0.2))
    return read_entity_data(out)


def part(n_rows: int, draw: int = 0) -> Subset:
    return Subset(n_rows, draw, tuple(range(n_rows)))


@pytest.mark.whole
def test_all_rows_reach_what_the_baseline_reaches(data: EntityData, tmp_path: Path) -> None:
    trainer = SubsetTrainer(data, DICTIONARY, "test", tmp_path)
    [found] = trainer.scores([part(len(data.training))])
    tagger = trainer._tagger(data.training, tmp_path)
    spans = [
        {"id": x.id, "text": x.text, "entities": list(map(_row, tagger.tag(x.text)))}
        for x in trainer.held_out
    ]
    scores = nf.score(data.folder, spans, bootstrap=0)
    assert isinstance(scores, nf.Scores)
    strict = scores.criteria["strict"]
    assert total_f1(found.counts.micro) == pytest.approx(strict.micro.f1)
    for label, counts in found.counts.per_label.items():
        assert total_f1(counts) == pytest.approx(strict.per_label[label].f1)
    assert found.mentions["Indicator"] == sum(
        entity.label == "Indicator" for sample in data.training for entity in sample.entities
    )


def _row(entity: nf.Entity) -> dict[str, object]:
    return {"label": entity.label, "text": entity.text, "start": entity.start, "end": entity.end}


@pytest.mark.whole
def test_a_killed_run_resumes_with_what_was_trained(
    data: EntityData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = SubsetTrainer(data, DICTIONARY, "test", tmp_path)
    subsets = [part(10), part(20), part(40)]
    first = []
    # The third training never ends.
    for scores in trainer.scores(subsets):
        first.append(scores)
        if len(first) == 2:
            break
    trained: list[int] = []
    train = SubsetTrainer._train

    def count(self: SubsetTrainer, subset: Subset, watch: object) -> object:
        trained.append(subset.n_rows)
        return train(self, subset, watch)  # type: ignore[arg-type]

    monkeypatch.setattr(SubsetTrainer, "_train", count)
    again = list(SubsetTrainer(data, DICTIONARY, "test", tmp_path).scores(subsets))
    assert trained == [40]
    assert again[:2] == first
    assert list(SubsetTrainer(data, DICTIONARY, "test", tmp_path).scores(subsets)) == again


def test_other_rows_or_another_split_are_trained_anew(data: EntityData, tmp_path: Path) -> None:
    list(SubsetTrainer(data, DICTIONARY, "test", tmp_path).scores([part(10)]))
    other = Subset(10, 0, tuple(range(5, 15)))
    list(SubsetTrainer(data, DICTIONARY, "test", tmp_path).scores([other]))
    list(SubsetTrainer(data, DICTIONARY, "dev", tmp_path).scores([part(10)]))
    assert len(list(tmp_path.iterdir())) == 3


def test_a_kept_file_of_another_training_is_refused(data: EntityData, tmp_path: Path) -> None:
    trainer = SubsetTrainer(data, DICTIONARY, "test", tmp_path)
    list(trainer.scores([part(10), part(20)]))
    paths = {int(path.name.split("-")[1]): path for path in tmp_path.iterdir()}
    paths[10].write_bytes(paths[20].read_bytes())
    with pytest.raises(UserError, match="was kept for another training; delete it"):
        list(trainer.scores([part(10)]))


def test_a_part_without_entities_finds_nothing(data: EntityData, tmp_path: Path) -> None:
    empty = data._replace(training=[Sample(str(n), "今天天气好") for n in range(5)])
    [found] = SubsetTrainer(empty, CRF, "test", tmp_path).scores([part(5)])
    assert total_f1(found.counts.micro) == 0
    assert found.mentions == {}


def test_progress_counts_rows_and_ends_with_all(data: EntityData, tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    trainer = SubsetTrainer(data, DICTIONARY, "test", tmp_path)
    list(trainer.scores([part(10), part(20, draw=1)], lambda *said: told.append(said)))
    assert told == [(0, 30, "10 rows, draw 1"), (10, 30, "20 rows, draw 2"), (30, 30, "")]
