"""What simple methods reach on a data set, to be put beside a model's scores."""

EXTRA = "baselines"
"""The extra that installs their packages."""
