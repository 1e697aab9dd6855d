"""The command line: parse flags, call ``app``, print a view."""


def main() -> None:
    """The command runs; the process ends with one of ``exits.Exit``."""
    from humaspost.cli.language import from_environment
    from humaspost.cli.terminal import run_main

    # Before any other module of ours is imported: texts of options are translated where they are defined.
    from_environment()
    from humaspost.cli.root import root

    run_main(root)
