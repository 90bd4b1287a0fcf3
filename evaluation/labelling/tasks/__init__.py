"""Tasks for annotators, in the layouts of their tools."""
