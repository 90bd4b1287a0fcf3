"""The tracker of experiments that a run reports to: which one, where it writes, and who is logged in."""
