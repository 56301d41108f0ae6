"""A trained network to take home: a folder that needs nothing of this repository."""
