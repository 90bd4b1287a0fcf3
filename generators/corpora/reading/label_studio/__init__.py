"""What the layouts of Label Studio share, and its predictions."""
