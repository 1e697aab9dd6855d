"""What keeps an office from opening: findings in config.toml, or a secret that cannot be used."""

from humaspost.model.problem import Problem


class ConfigError(Exception):
    """The configuration cannot be used; every finding at once, so that one edit mends them all."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems
