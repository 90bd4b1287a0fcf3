"""What the trained adapters really extract: prediction engines, scores, error lists."""
