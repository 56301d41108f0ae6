"""Numbers to words, and words to tokens."""
