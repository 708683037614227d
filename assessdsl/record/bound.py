"""Results that are bound to what they were made of, so that they can be made again years later."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from attrs import evolve, field, frozen

from assessdsl.data.columns import raw_text
from assessdsl.diagnostics import Diagnostic, RegisterError
from assessdsl.engine import Policy, Records, tables_of
from assessdsl.facts import Facts, Row
from assessdsl.json_text import canonical_json, indented_json
from assessdsl.quantity import Quantity
from assessdsl.record.appeals import Correction, Ripple, corrected, ripple
from assessdsl.record.register import Register
from assessdsl.record.rules import other_policy
from assessdsl.record.snapshot import Snapshot
from assessdsl.record.succession_tables import evaluate_tables
from assessdsl.result import Result

_FORM: Final = "assessdsl-result/1"


@frozen
class Binding:
    """What a result was made of. `facts`: the digest of every table beside the register's."""

    fingerprint: str  # of the policy
    size: int
    root: str
    as_of: date | None
    facts: Mapping[str, str]
    published: date | None = None
    version: str = field(default="", eq=False)  # of the engine


@frozen(repr=False)
class Bound:
    """A result as the targets were issued, and as they were adjusted where adjustments were approved."""

    result: Result
    adjusted: Result | None
    binding: Binding
    warnings: tuple[Diagnostic, ...] = field(default=(), eq=False)

    @property
    def differences(self) -> Mapping[str, tuple[Quantity, Quantity]]:
        """The totals as issued and as adjusted, of the entities whose totals differ."""
        if self.adjusted is None:
            return {}
        pairs = {name: (one.total, self.adjusted.entities[name].total) for name, one in self.result.entities.items()}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def to_data(self) -> dict[str, Any]:
        """As plain data."""
        binding = self.binding
        return {
            "form": _FORM,
            "binding": {
                "fingerprint": binding.fingerprint,
                "size": binding.size,
                "root": binding.root,
                "as_of": None if binding.as_of is None else binding.as_of.isoformat(),
                "facts": dict(binding.facts),
                "published": None if binding.published is None else binding.published.isoformat(),
                "version": binding.version,
            },
            "digest": self.result.digest,
            "adjusted_digest": None if self.adjusted is None else self.adjusted.digest,
            "result": self.result.to_data(),
            "adjusted": None if self.adjusted is None else self.adjusted.to_data(),
        }

    def to_json(self) -> str:
        """As JSON text, always the same for the same result and the same version of the engine."""
        return indented_json(self.to_data())

    def __str__(self) -> str:
        """The result, and below it what the approved adjustments change."""
        lines = [str(self.result)]
        zh = self.result.language == "zh"
        if self.differences:
            lines += ["", "按批准的调整计分" if zh else "With the adjustments that were approved"]
        for name, (issued, adjusted) in self.differences.items():
            label = self.result.entities[name].label or name
            lines.append(f"  {label}  {issued} → {adjusted}")
        return "\n".join(lines)


def evaluate(
    policy: Policy,
    snapshot: Snapshot,
    facts: Facts | str | Path | Mapping[str, Records] | Records = (),
    *,
    published: date | None = None,
) -> Bound:
    """The result of the register's targets with the facts of the tables and of the register.

    Raises DataError as the engine does.
    """
    base = tables_of(facts)
    issued = _scored(policy, snapshot, snapshot.facts(base), published)
    adjusted = None
    if snapshot.state.adjustments:
        adjusted = _scored(policy, snapshot, snapshot.facts(base, adjusted=True), published)
    binding = Binding(
        policy.fingerprint,
        snapshot.size,
        snapshot.root,
        snapshot.as_of,
        digests(base),
        published,
        version("assessdsl"),
    )
    return Bound(issued, adjusted, binding, (*issued.warnings, *other_policy(policy, snapshot.state.fingerprint)))


def preview(
    policy: Policy,
    snapshot: Snapshot,
    facts: Facts,
    corrections: Sequence[Correction],
    *,
    published: date | None = None,
) -> Ripple:
    """What corrections of the register's rows or of the tables would change, for everyone. Nothing is entered.
    Raises DataError if a correction names no row, or if the corrected data is wrong."""
    tables = snapshot.facts(facts)
    before, after = (_scored(policy, snapshot, held, published) for held in (tables, corrected(tables, corrections)))
    return ripple(before, after)


def _scored(policy: Policy, snapshot: Snapshot, tables: Facts, published: date | None) -> Result:
    result = evaluate_tables(policy, tables, published=published)
    findings = snapshot.findings()
    entities = {
        name: evolve(entity, findings=(*entity.findings, *findings.get(name, ())))
        for name, entity in result.entities.items()
    }
    return evolve(result, entities=entities)


def digests(facts: Facts) -> Mapping[str, str]:
    """A digest of every table that does not come from the register, whatever the order of its rows."""
    found: dict[str, str] = {}
    for name, rows in facts.tables():
        if rows and name not in ("targets", "frozen"):
            text = canonical_json(sorted(map(_cells, rows), key=canonical_json))
            found[name] = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    return found


def _cells(row: Row) -> dict[str, str]:
    return {column: raw_text(value) for column, value in row.values.items()}


# ---------------------------------------------------------------- verification


@frozen
class Verified:
    """What was found when a result was made again: nothing, if it agrees."""

    diagnostics: tuple[Diagnostic, ...] = ()
    digest: str = ""  # of the result that was made again

    @property
    def agrees(self) -> bool:
        return not self.diagnostics


def verify_result(
    kept: str | Path | Mapping[str, Any],
    register: Register,
    facts: Facts | str | Path | Mapping[str, Records] | Records = (),
    *,
    policy: Policy | None = None,
) -> Verified:
    """Makes a kept result again from the register and the tables, by the register's own policy unless another is
    given. `kept`: what `Bound.to_json` wrote, as a file or as data.

    Raises DataError as the engine does.
    """
    data = _read(kept)
    binding = _binding(data)
    if register.store.size < binding.size:
        return _differs("AS7224", size=str(register.store.size), bound=str(binding.size))
    snapshot = register.snapshot(binding.as_of, size=binding.size)
    if snapshot.root != binding.root:
        return _differs("AS7225", size=str(binding.size), root=snapshot.root, bound=binding.root)
    policy = policy or snapshot.policy
    if policy is None or policy.fingerprint != binding.fingerprint:
        found = "—" if policy is None else policy.fingerprint
        return _differs("AS7223", found=found, bound=binding.fingerprint)
    tables = tables_of(facts)
    given = digests(tables)
    other = sorted(name for name in {*given, *binding.facts} if given.get(name) != binding.facts.get(name))
    if other:
        return _differs("AS7222", tables="、".join(f"`{name}`" for name in other))
    again = evaluate(policy, snapshot, tables, published=binding.published).to_data()
    wrong = [name for name in ("digest", "adjusted_digest", "result", "adjusted") if again[name] != data.get(name)]
    if not wrong:
        return Verified(digest=again["digest"])
    told = Diagnostic("AS7221", arguments={"parts": "、".join(f"`{name}`" for name in wrong)})
    return Verified((told,), again["digest"])


def _differs(code: str, **arguments: str) -> Verified:
    return Verified((Diagnostic(code, arguments=arguments),))


def _read(kept: str | Path | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(kept, Mapping):
        return kept
    try:
        data = json.loads(Path(kept).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _no_record(str(kept)) from error
    if not isinstance(data, dict):
        raise _no_record(str(kept))
    return data


def _no_record(name: str) -> RegisterError:
    return RegisterError([Diagnostic("AS7226", arguments={"name": name})])


def _binding(data: Mapping[str, Any]) -> Binding:
    try:
        bound = data["binding"]
        days = [bound[name] for name in ("as_of", "published")]
        as_of, published = (None if day is None else date.fromisoformat(day) for day in days)
        fingerprint, size, root, facts = (bound[name] for name in ("fingerprint", "size", "root", "facts"))
        if data["form"] != _FORM or type(size) is not int or size < 0 or not isinstance(facts, dict):
            raise ValueError("another form")
        return Binding(str(fingerprint), size, root, as_of, facts, published, str(bound.get("version", "")))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _no_record("—") from error
