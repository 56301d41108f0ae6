"""What every other package builds on: params.yaml, files, checkpoints, errors."""
