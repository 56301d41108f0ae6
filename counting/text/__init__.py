"""Numbers to words, words to tokens."""
