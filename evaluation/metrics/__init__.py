"""Gold and predicted entities become figures."""
