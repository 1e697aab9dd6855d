"""``python -m humaspost``: the command line."""


def main() -> None:
    """The command runs and the process exits with its code."""
    from humaspost.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
