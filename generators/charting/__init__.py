"""Charts of counts, drawn by matplotlib, and the page they stand on."""
