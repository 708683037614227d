"""How firmly a result stands: what else would have come out, had choices and measurements been a little different.

`robustness` asks everything of a policy and its facts. Each question can be asked alone, of a scored case: that of
`world(result.trace)`, or, where choices are made again, of `open_choices(policy, result.trace)`.
"""

from assessdsl.fairness.robust.choices import Open, open_choices
from assessdsl.fairness.robust.intervals import Progress, Sampling, Uncertainty, rank_intervals, sensitivity
from assessdsl.fairness.robust.replay import World, world
from assessdsl.fairness.robust.report import Robustness, robustness
from assessdsl.fairness.robust.spread import influence, separation
from assessdsl.fairness.robust.standing import peer_tables, profiles
from assessdsl.fairness.robust.turning import turns
from assessdsl.fairness.robust.without import dominance, without_each
from assessdsl.fairness.robust.wording import bulletin, text

__all__ = [
    "Open",
    "Progress",
    "Robustness",
    "Sampling",
    "Uncertainty",
    "World",
    "bulletin",
    "dominance",
    "influence",
    "open_choices",
    "peer_tables",
    "profiles",
    "rank_intervals",
    "robustness",
    "sensitivity",
    "separation",
    "text",
    "turns",
    "without_each",
    "world",
]
