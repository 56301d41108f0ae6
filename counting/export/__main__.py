"""Export a network: `python -m counting.export --variant gru_copy ...`."""

from counting.running import cli


def main() -> None:
    """Check the flags, then write the folder."""
    from counting.export import command  # so that Ctrl-C is quiet from the start

    command.main()


if __name__ == "__main__":
    cli.run("export", main)
