"""The pytest plugin: `pytest --assess-policy POLICY`, and the marker `assess` for tests of one's own.

It is loaded in every run of everybody's tests, so it imports nothing of ours before it is asked for something.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

_INTEGRITY: Final = (
    "anonymous", "order_invariant", "scale_invariant", "temporal", "ties_equal", "tiers_follow",
    "accountability_exact", "obligations_complete", "always_defined", "targets_kept", "register_rules",
    "reports_commute", "settled", "years_exact",
)  # fmt: skip
"""What every policy is to hold, claimed or not."""

_CHECKS: Final = Path(__file__).with_name("policy_checks.py")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("assessdsl", "assessment policies")
    group.addoption("--assess-policy", action="append", default=[], metavar="POLICY", help="try what a policy promises")
    group.addoption(
        "--assess-properties", default="claimed", metavar="NAMES",
        help="claimed: by the policy, and what every policy is to hold; all; or names with commas between them",
    )  # fmt: skip
    group.addoption(
        "--assess-profile", default="dev", choices=("dev", "ci", "nightly"), help="how many cases of each property"
    )
    group.addoption("--assess-start", type=int, default=0, metavar="N", help="another number gives other cases")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "assess(policy, facts=None, properties=None): the test runs for each policy, for each entity of the facts "
        "if it takes `assess_entity`, and for each property if it takes `assess_property`",
    )
    if config.getoption("--assess-policy"):
        if config.args_source is not pytest.Config.ArgsSource.ARGS:  # no test was named: only the policies are tested
            config.args.clear()
        config.args.append(str(_CHECKS))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    wanted = [name for name in ("assess_policy", "assess_entity", "assess_property") if name in metafunc.fixturenames]
    if not wanted:
        return
    marker = metafunc.definition.get_closest_marker("assess")
    options: Mapping[str, Any] = {}
    if marker is None:
        paths = list(metafunc.config.getoption("--assess-policy"))
    else:
        given = marker.kwargs.get("policy", marker.args[0] if marker.args else ())
        paths = [given] if isinstance(given, str | Path) else list(given)
        options = marker.kwargs
    rows = [row for path in paths for row in _rows(metafunc.config, Path(path), options, wanted)]
    metafunc.parametrize(wanted, [pytest.param(*values, id=id) for values, id in rows])


def _rows(
    config: pytest.Config, path: Path, options: Mapping[str, Any], wanted: Sequence[str]
) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The values of the wanted parameters with their name, for one policy."""
    engine = import_module("assessdsl.engine")
    policy = _loaded(engine, path)
    named: dict[str, Sequence[str]] = {"assess_policy": (policy.name,)}
    if "assess_entity" in wanted:
        if "facts" not in options:
            raise pytest.UsageError("a test that takes `assess_entity` needs `facts` in its marker `assess`")
        named["assess_entity"] = sorted(engine.evaluate(policy, options["facts"]).entities)
    if "assess_property" in wanted:
        named["assess_property"] = options.get("properties") or _properties(config, policy)
    combined: list[tuple[tuple[Any, ...], tuple[str, ...]]] = [((), ())]
    for name in wanted:
        values = [policy] if name == "assess_policy" else named[name]
        combined = [
            ((*before, value), (*ids, id))
            for before, ids in combined
            for value, id in zip(values, named[name], strict=True)
        ]
    for values_of, ids in combined:
        yield values_of, "-".join(ids)


def _loaded(engine: Any, path: Path) -> Any:
    errors = import_module("assessdsl.diagnostics")
    try:
        return engine.load(path)
    except errors.PolicyError as error:
        raise pytest.UsageError(str(error)) from error
    except OSError as error:
        raise pytest.UsageError(f"{path}: {error.strerror}") from error


def _properties(config: pytest.Config, policy: Any) -> list[str]:
    known = import_module("assessdsl.fairness.properties").properties()
    asked = config.getoption("--assess-properties")
    if asked == "all":
        return list(known)
    if asked == "claimed":
        claimed = {guarantee.property for guarantee in policy.checked.policy.guarantees}
        return [name for name in known if name in claimed or name in _INTEGRITY]
    find = import_module("assessdsl.vocabulary").vocabulary().find  # as it is claimed, in either language
    names = [word.id if (word := find("name", name.strip())) else name.strip() for name in asked.split(",")]
    if unknown := [name for name in names if name not in known]:
        raise pytest.UsageError(f"no such property: {', '.join(unknown)}; there are {', '.join(known)}")
    return names


@pytest.fixture
def assess_check(request: pytest.FixtureRequest) -> Any:
    """Tries a property of a policy: `assess_check(policy, property)` fails with the simplest witness."""
    config = request.config
    strategies = import_module("assessdsl.fairness.strategies")
    examples = strategies.PROFILES[config.getoption("--assess-profile")]
    start = config.getoption("--assess-start")

    def check(policy: Any, property: str) -> None:
        verdict = strategies.check_property(policy, property, examples=examples, start=start)
        if verdict.status == "not applicable":
            pytest.skip(verdict.told(policy.language))
        if verdict.witness is not None:
            again = shlex.join(
                ["pytest", "--assess-policy", str(policy.checked.policy.source.name), "--assess-properties", property,
                 "--assess-profile", config.getoption("--assess-profile"), "--assess-start", str(start)]
            )  # fmt: skip
            told = [verdict.told(policy.language), f"before: {verdict.witness.before.records()}"]
            if verdict.witness.after is not None:
                told.append(f"after: {verdict.witness.after.records()}")
            line = import_module("assessdsl.fairness.course").told
            told += [f"event {line(entry)}" for entry in verdict.witness.entries]
            pytest.fail("\n".join([*told, f"again: {again}"]), pytrace=False)

    return check
