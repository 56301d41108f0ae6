"""The page: the story, the charts, the networks that speak in it."""
