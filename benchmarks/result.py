"""What one benchmark found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """``figure`` against ``goal`` (None = there is none), both in ``unit``; ``detail`` is how it came about."""

    name: str
    figure: float
    unit: str
    goal: float | None
    detail: str

    @property
    def assessment(self) -> str:
        """Whether the goal was met, in words."""
        if self.goal is None:
            return "no goal"
        return "met" if self.figure <= self.goal else "NOT MET"

    def cells(self) -> tuple[str, str, str, str, str]:
        """One row of the table."""
        goal = "-" if self.goal is None else f"at most {self.goal:g} {self.unit}"
        return self.name, f"{self.figure:.2f} {self.unit}", goal, self.assessment, self.detail
