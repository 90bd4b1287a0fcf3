"""A recipe becomes a training YAML."""
