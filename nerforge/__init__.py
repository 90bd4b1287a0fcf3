"""The command line of NERForge."""
