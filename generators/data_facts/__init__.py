"""What a data set holds, sentence by sentence: for people who look at it before they train."""
