"""Settings of all tests."""

import os

import pytest
from hypothesis import settings

# Other work on the machine must not fail a property; in CI the same examples are tried every time.
settings.register_profile("assessdsl", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("assessdsl")

# No test reads what another program kept, or leaves anything behind; those of the cache choose a folder.
os.environ["ASSESSDSL_CACHE"] = "off"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-docs", action="store_true", help="write down what the examples of the documents print")
