"""Registers at random against a plain model, and faults that are planted, which the machine must find."""

from hypothesis import HealthCheck, Phase, settings
from life.machine import Life

Life.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None, report_multiple_bugs=False, suppress_health_check=list(HealthCheck))
TestLife = Life.TestCase
