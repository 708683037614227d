"""The tests that `pytest --assess-policy` runs: one for each policy and property."""

from collections.abc import Callable

from assessdsl.engine import Policy


def test_property(assess_policy: Policy, assess_property: str, assess_check: Callable[[Policy, str], None]) -> None:
    assess_check(assess_policy, assess_property)
