"""Which findings give way to which: overriding goes on from one to the next."""

from collections.abc import Iterator, Mapping, Sequence

from assessdsl.ast.nodes import FindingRule
from assessdsl.check.context import Context


def overriders(rules: Sequence[FindingRule]) -> Mapping[str, tuple[str, ...]]:
    """Of each finding, those before which it gives way, in the order in which they are declared."""
    found: dict[str, set[str]] = {rule.name: set() for rule in rules}
    for rule in rules:
        for name in _below(rule, rules):
            found[name].add(rule.name)
    return {name: tuple(rule.name for rule in rules if rule.name in above) for name, above in found.items()}


def _below(rule: FindingRule, rules: Sequence[FindingRule]) -> Iterator[str]:
    """Those that give way before it, each once; itself too if it stands in a circle."""
    by_name = {other.name: other for other in rules}
    seen: set[str] = set()
    waiting = [name.id for name in rule.overrides]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in seen:
            seen.add(name)
            yield name
            waiting += [other.id for other in by_name[name].overrides]


def check_precedence(context: Context) -> None:
    policy = context.policy
    names = [finding.name for finding in policy.findings]
    for finding in policy.findings:
        for name in finding.overrides:
            if name.id not in names and name.id not in policy.doubtful and context.lacks("finding", policy):
                context.add("AS4201", name.span, name=name.text, suggestion=context.suggestion(name.text, names))
        if finding.name in _below(finding, policy.findings):
            context.add("AS4202", finding.span, name=finding.name)
