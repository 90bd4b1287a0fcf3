"""What annotators have said, read from the exports of their tools."""
