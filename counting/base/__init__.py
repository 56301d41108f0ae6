"""What meets the outside: command line, files, params.yaml."""
