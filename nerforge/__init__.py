"""Training data for named entity recognition with LLaMA-Factory, predictions, and entity scores.

The public API: each name is imported when it is first used, so that ``import nerforge`` stays light::

    import nerforge as nf

    data = nf.generate("power", "data_power", rows=2000)
    answer = nf.decode("张伟去上海", "人名：张伟", task="ccfbdci")
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nerforge.api.answers import decode
    from nerforge.api.auditing import audit
    from nerforge.api.calibrating import calibrate, load_calibration
    from nerforge.api.conversion import convert
    from nerforge.api.curves import learning_curve
    from nerforge.api.data_sets.data_folder import DataFolder, load_data
    from nerforge.api.data_sets.generation import generate
    from nerforge.api.grounding import ground
    from nerforge.api.labelling import agreement, export_tasks, import_annotations
    from nerforge.api.named_tasks import load_task
    from nerforge.api.next_batches import LabelBatch, next_batch
    from nerforge.api.predicting.prediction import Predictions, predict
    from nerforge.api.relabelling import relabel
    from nerforge.api.score_comparison import compare
    from nerforge.api.scoring import load_scores, score
    from nerforge.evaluation.audit.audit_run import Audit
    from nerforge.evaluation.confidence.calibration import Calibration
    from nerforge.evaluation.curves.curve_schema import LearningCurve
    from nerforge.evaluation.labelling.agreement.agreement_schema import Agreement
    from nerforge.evaluation.relabelling.relabel_run import RelabelReport
    from nerforge.evaluation.scores.comparison import ComparisonReport
    from nerforge.evaluation.scores.schema import LabelScores, Scores
    from nerforge.foundation.errors import UsageError, UserError
    from nerforge.generators.corpora.conversion.conversion_summary import ConversionSummary
    from nerforge.templates.domain import Answer, Entity, Sample
    from nerforge.templates.tasks import Task

__all__ = [
    "Agreement",
    "Answer",
    "Audit",
    "Calibration",
    "ComparisonReport",
    "ConversionSummary",
    "DataFolder",
    "Entity",
    "LabelBatch",
    "LabelScores",
    "LearningCurve",
    "Predictions",
    "RelabelReport",
    "Sample",
    "Scores",
    "Task",
    "UsageError",
    "UserError",
    "agreement",
    "audit",
    "calibrate",
    "compare",
    "convert",
    "decode",
    "export_tasks",
    "generate",
    "ground",
    "import_annotations",
    "learning_curve",
    "load_calibration",
    "load_data",
    "load_scores",
    "load_task",
    "next_batch",
    "predict",
    "relabel",
    "score",
]

if not TYPE_CHECKING:
    # A type checker reads the imports above; a module-level __getattr__ would let it accept any name.
    _PLACES = {
        "Agreement": "nerforge.evaluation.labelling.agreement.agreement_schema",
        "Answer": "nerforge.templates.domain",
        "Audit": "nerforge.evaluation.audit.audit_run",
        "Calibration": "nerforge.evaluation.confidence.calibration",
        "ComparisonReport": "nerforge.evaluation.scores.comparison",
        "ConversionSummary": "nerforge.generators.corpora.conversion.conversion_summary",
        "DataFolder": "nerforge.api.data_sets.data_folder",
        "Entity": "nerforge.templates.domain",
        "LabelBatch": "nerforge.api.next_batches",
        "LabelScores": "nerforge.evaluation.scores.schema",
        "LearningCurve": "nerforge.evaluation.curves.curve_schema",
        "Predictions": "nerforge.api.predicting.prediction",
        "RelabelReport": "nerforge.evaluation.relabelling.relabel_run",
        "Sample": "nerforge.templates.domain",
        "Scores": "nerforge.evaluation.scores.schema",
        "Task": "nerforge.templates.tasks",
        "UsageError": "nerforge.foundation.errors",
        "UserError": "nerforge.foundation.errors",
        "agreement": "nerforge.api.labelling",
        "audit": "nerforge.api.auditing",
        "calibrate": "nerforge.api.calibrating",
        "compare": "nerforge.api.score_comparison",
        "convert": "nerforge.api.conversion",
        "decode": "nerforge.api.answers",
        "export_tasks": "nerforge.api.labelling",
        "generate": "nerforge.api.data_sets.generation",
        "ground": "nerforge.api.grounding",
        "import_annotations": "nerforge.api.labelling",
        "learning_curve": "nerforge.api.curves",
        "load_calibration": "nerforge.api.calibrating",
        "load_data": "nerforge.api.data_sets.data_folder",
        "load_scores": "nerforge.api.scoring",
        "load_task": "nerforge.api.named_tasks",
        "next_batch": "nerforge.api.next_batches",
        "predict": "nerforge.api.predicting.prediction",
        "relabel": "nerforge.api.relabelling",
        "score": "nerforge.api.scoring",
    }

    def __getattr__(name: str) -> object:
        """Import a public name (PEP 562), and keep it."""
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(_PLACES[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """List the public names too, for completion."""
        return sorted({*globals(), *__all__})
