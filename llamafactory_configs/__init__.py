"""Recipes, the training YAML made from them, and the launch of llamafactory-cli."""
