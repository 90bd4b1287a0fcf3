"""The tiny base model of the demo, rebuilt from nothing or from an earlier one."""
