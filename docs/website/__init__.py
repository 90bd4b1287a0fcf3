"""The site: ``docs/`` and the READMEs in two languages, a reference made from the program, a search."""
