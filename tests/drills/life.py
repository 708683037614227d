"""Registers at random against a plain model, more and longer than the tests do."""

from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from life.machine import Life


def lives(folder: Path, count: int) -> str:
    """Nothing is left in the folder: the registers are in memory."""
    many = settings(
        max_examples=count, stateful_step_count=40, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    run_state_machine_as_test(Life, settings=many)
    return f"{count} lives of up to 40 steps: all as the model says"
