"""The plan: what every backend runs."""

from assessdsl.plan.lower import lower
from assessdsl.plan.text import plan_text

__all__ = ["lower", "plan_text"]
