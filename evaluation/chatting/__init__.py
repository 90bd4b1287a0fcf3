"""Ask a trained model about sentences as they come, each on its own."""
