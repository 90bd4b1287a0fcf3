"""What is said to a model and how its answer is read: domain types, tasks, prompts, answer formats."""
