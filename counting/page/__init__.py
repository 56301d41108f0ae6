"""The page: the story, the figures, and networks that count in it."""
