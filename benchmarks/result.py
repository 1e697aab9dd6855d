"""The result of one benchmark."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """A ``figure`` and its ``goal`` (or None), both in ``unit``, with ``detail`` in words."""

    name: str
    figure: float
    unit: str
    goal: float | None
    detail: str

    @property
    def assessment(self) -> str:
        """Return in words whether the figure meets the goal."""
        if self.goal is None:
            return "no goal"
        return "met" if self.figure <= self.goal else "NOT MET"

    def cells(self) -> tuple[str, str, str, str, str]:
        """Return one row of the table."""
        goal = "-" if self.goal is None else f"at most {self.goal:g} {self.unit}"
        return self.name, f"{self.figure:.2f} {self.unit}", goal, self.assessment, self.detail
