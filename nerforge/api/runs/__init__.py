"""Work on training runs: recipes, trainings, merged models, the demo."""
