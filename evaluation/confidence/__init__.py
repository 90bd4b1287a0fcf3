"""How sure a model is of what it answered: token log-probabilities become one number an entity."""
