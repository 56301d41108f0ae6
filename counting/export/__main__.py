"""Write a network's folder: `python -m counting.export --variant gru_copy ...`."""

from counting.running import cli


def main() -> None:
    """Check what is asked for, then write it."""
    from counting.export import command  # so that Ctrl-C is quiet from the start

    command.main()


if __name__ == "__main__":
    cli.run("export", main)
