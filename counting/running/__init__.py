"""What only runs things, and can change no byte of a result."""
