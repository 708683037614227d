"""What a result was made from, so that every point of it can be explained."""

from attrs import frozen

from assessdsl.backends.columns import Columns
from assessdsl.facts import Dataset
from assessdsl.plan.steps import Plan


@frozen
class Trace:
    plan: Plan
    dataset: Dataset
    columns: Columns
