"""Talk to the networks: `python -m counting "9097, 9098,"`, or without a prompt."""

from counting.running import cli


def main() -> None:
    """Count on from a prompt, or open a session."""
    from counting.terminal import command  # so that Ctrl-C is quiet from the start

    command.main()


if __name__ == "__main__":
    cli.run("counting", main)
