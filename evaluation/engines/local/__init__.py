"""The hf engine: continuous batches, shared prefixes and several adapters on one base."""
