"""What a code of the doctor means, with a wrong and a right example of each."""
