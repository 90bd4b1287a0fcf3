"""What is wrong with a training YAML, before any GPU time."""
