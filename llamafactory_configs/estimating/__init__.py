"""What a training needs, from the sizes of a model: weights, memory and time, before it starts."""
