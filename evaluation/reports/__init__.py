"""The page people look at: scores, errors and sentences in one HTML file."""
