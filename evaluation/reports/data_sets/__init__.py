"""The page about a data set: its sentences and what is to be known of them, in one HTML file."""
