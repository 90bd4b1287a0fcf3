"""Read the spans that any model predicts, in the layouts that programs write, and match them to gold."""

from nerforge.evaluation.span_files.reading import SPANS, SpanPredictions, read_spans
from nerforge.evaluation.span_files.recognition import SPAN_LAYOUTS, Recognised, recognise_spans

__all__ = ["SPANS", "SPAN_LAYOUTS", "Recognised", "SpanPredictions", "read_spans", "recognise_spans"]
