"""llamafactory-cli runs: prepared, launched, watched, resumed, explained."""
