"""``python -m humaspost``: the command line."""


def main() -> None:
    """Run the command and exit the process with its code."""
    from humaspost.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
