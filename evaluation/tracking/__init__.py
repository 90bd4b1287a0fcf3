"""Send what people look at to a run's tracker: samples, F1 by checkpoint, outcomes, the chosen checkpoint."""
