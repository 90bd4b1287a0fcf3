"""The contract of a run's folder: what training leaves there, what is whole, what its log says."""
