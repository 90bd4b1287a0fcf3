"""What continuous integration reads of a command: checks as JUnit XML, and a summary in Markdown."""
