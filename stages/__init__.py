"""The pipeline's stages, one module each; what they share is in `counting`."""
