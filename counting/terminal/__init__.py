"""Talking to the trained networks in a terminal, without loading torch."""
