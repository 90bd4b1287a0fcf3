"""Weighing evidence: what a model learns from planted faults, and what it must not learn."""

from random import Random

from nerforge.evaluation.audit.evidence import FEATURES, PRIOR_WEIGHTS
from nerforge.evaluation.audit.fault_model import FaultModel


def evidence(**known: float) -> tuple[float, ...]:
    return tuple(known.get(name, 0.0) for name in FEATURES)


CLEAR = evidence(joint=12, single=12, joint_read_so=1, single_read_so=1, surface=2)
DOUBTFUL = evidence(joint=-8, single=-8, surface=-2, known=2)


def around(values: tuple[float, ...], n: int, rng: Random) -> list[list[float]]:
    return [[value + rng.gauss(0, 1) for value in values] for _ in range(n)]


def test_faults_score_higher_than_the_rest() -> None:
    rng = Random(0)
    model = FaultModel(around(CLEAR, 40, rng), around(DOUBTFUL, 400, rng), 5)
    fault, other = model.scores([CLEAR, DOUBTFUL])
    assert fault > 0.9 > 0.01 > other


def test_real_faults_among_the_others_do_not_turn_the_evidence_round() -> None:
    rng = Random(1)
    weaker = evidence(joint=4, single=4, joint_read_so=1, single_read_so=1, surface=1)
    # All other candidates are real faults, and clearer ones than those that were planted.
    model = FaultModel(around(weaker, 70, rng), around(CLEAR, 23, rng), 20)
    clear, doubtful = model.scores([CLEAR, DOUBTFUL])
    assert clear > doubtful
    assert all(
        weight >= 0.2 * prior
        for weight, prior in zip(model.weights[1:], PRIOR_WEIGHTS, strict=True)
        if prior > 0
    )


def test_without_anything_to_learn_from_the_prior_weights_stay() -> None:
    model = FaultModel([], [], 1)
    assert [round(x, 6) for x in model.weights[1:]] == list(PRIOR_WEIGHTS)
    assert model.scores([]).tolist() == []
