"""How scores, comparisons, sweeps and wrong samples are printed."""
