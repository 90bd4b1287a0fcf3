"""From any annotated file to the files of other tools: what a layout carries, and what is lost on the way."""
