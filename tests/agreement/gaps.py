"""What engines refuse, strictly: a refusal that is not here fails, and one that no longer happens fails too."""

from typing import Final, Literal

GAPS: Final[dict[tuple[str, str], Literal["all", "some", "few"]]] = {
    ("best of the group", "prepare"): "all",  # one entity alone has no group
    ("generated", "prepare"): "some",
    ("generated", "code"): "some",
    ("power", "sql"): "all",  # no root has an end
    ("geometric mean", "sql"): "all",
    ("logarithm", "sql"): "all",
}
"""By form and engine: whether it refuses all policies of the form, or some; few: of a dozen perhaps none."""
