"""What is wrong in a sample: which entities, and why, as far as the answer tells."""
