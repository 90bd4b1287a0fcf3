"""What ``--help`` shows beside the texts of options: headings, examples, exit codes."""
