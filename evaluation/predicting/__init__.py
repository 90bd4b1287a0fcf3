"""Rows become answers: requests, runs, and a log that survives a kill."""
