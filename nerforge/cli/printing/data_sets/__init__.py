"""How data sets are printed that were made, and files that were converted."""
