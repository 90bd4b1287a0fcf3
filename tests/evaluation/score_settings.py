"""Settings for scores that are computed in memory."""

from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.scores.schema import PredictionsFile, Settings
from nerforge.foundation.files.hashing import HashedFile

SETTINGS = Settings(
    task="power",
    answer_format="xml",
    labels=[],
    gold=HashedFile("gold.jsonl", "0" * 64),
    gold_sha256="0" * 64,
    predictions=PredictionsFile(name="predictions.jsonl", sha256="1" * 64, layout="nerforge"),
    training=None,
    bootstrap=Bootstrap(),
)
