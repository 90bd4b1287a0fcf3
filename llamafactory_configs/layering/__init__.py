"""Recipes and the layers they are made of."""
