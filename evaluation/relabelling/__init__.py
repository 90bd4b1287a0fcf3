"""Mend gold by the verdicts of people who looked at errors."""
