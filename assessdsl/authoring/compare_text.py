"""A comparison as text for people."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import PurePath
from typing import Final

from assessdsl.ast.edition import Amendment
from assessdsl.authoring.compare_records import Change, Count, Move, Points, Share, Standing
from assessdsl.quantity import Quantity, Unit
from assessdsl.source import Span, visible
from assessdsl.vocabulary import Kind, vocabulary

_WORDS: Final = {
    "same": ("no change in meaning", "含义没有变化"),
    "indicators": ("indicators", "指标个数"),
    "shares": ("share of the full marks", "占满分的比重"),
    "together": ("{names} together", "{names} 合计"),
    "tagged": ("targets tagged {tag}", "标签为 {tag} 的目标"),
    "points": ("full marks", "分值"),
    "amendments": ("amendments that the new policy states", "新办法载明的修订"),
    "changes": ("what changed", "变化"),
    "fewer": ("{count} fewer", "减少 {count} 个"),
    "more": ("{count} more", "增加 {count} 个"),
    "all": ("all", "全部"),
    "none": ("none", "无"),
    "added": ("added", "新增"),
    "removed": ("removed", "取消"),
    "renamed": ("renamed {before} → {after}", "更名 {before} → {after}"),
    "moved": ("moved {before} → {after}", "调整 {before} → {after}"),
    "acts on": ("acts on {users}", "涉及 {users}"),
    "order": ("order", "次序"),
    "moves": ("who stands differently ({count} of {all})", "结果有变化的单位({count}/{all})"),
    "no moves": ("no entity stands differently", "没有单位的结果发生变化"),
    "total": ("total", "总分"),
    "rank": ("rank", "名次"),
    "tier": ("tier", "等次"),
    "findings": ("findings", "考核认定"),
    "comes": ("only under the new policy", "仅见于新办法"),
    "goes": ("only under the old policy", "仅见于旧办法"),
}  # fmt: skip


def word(key: str, language: str, **arguments: str | int) -> str:
    text = _WORDS[key][1 if language == "zh" else 0]
    return text.format(**arguments) if arguments else text


def spelled(id: str, language: str) -> str:
    """A statement, clause or column as it is written."""
    kinds: tuple[Kind, ...] = ("word", "clause", "column")
    found = (vocabulary().words.get((kind, id)) for kind in kinds)
    return next((one.spelling(language) for one in found if one is not None), "") or (
        word(id, language) if id in _WORDS else id
    )


def points_lines(points: Sequence[Points], language: str) -> Iterator[str]:
    for each in points:
        before, after = (_number(value, language) for value in (each.before, each.after))
        change = ""
        if each.before is not None and each.after is not None:
            change = f" ({_signed(each.after - each.before)})"
        yield f"  {spelled(each.part, language)} {each.label or each.name}  {before} → {after}{change}"


def count_lines(counts: Sequence[Count], language: str) -> Iterator[str]:
    for each in counts:
        fewer = each.before - each.after
        change = word("fewer" if fewer > 0 else "more", language, count=abs(fewer)) if fewer else ""
        name = each.label or each.group or word("all", language)
        yield f"  {name}  {each.before} → {each.after}  {change}".rstrip()


def share_lines(shares: Sequence[Share], language: str) -> Iterator[str]:
    for each in shares:
        name = each.label or each.names[0]
        if each.of_targets:
            name = word("tagged", language, tag=each.names[0])
        elif not each.label and len(each.names) > 1:
            name = word("together", language, names=", ".join(each.names))
        before, after = (_share(value, language) for value in (each.before, each.after))
        yield f"  {name}  {before} → {after}" if before != after else f"  {name}  {after}"


def amendment_lines(amendments: Sequence[Amendment]) -> Iterator[str]:
    for each in amendments:
        yield f"  {each.on.isoformat()}  {', '.join(each.by)}  {each.label}  {each.reason}".rstrip()


def change_line(change: Change, language: str) -> str:
    parts = [spelled(change.part, language), change.label or change.name]
    title = " ".join(part for part in parts if part)
    owner = f"{change.owner} / " if change.owner else ""
    match change.action:
        case "added" | "removed":
            said = word(change.action, language)
            text = change.after or change.before
            body = f"{said}  {text}" if text else said
        case "renamed" | "moved":
            body = word(change.action, language, before=change.before, after=change.after)
        case "changed":
            what = "" if change.what == change.part else f"{spelled(change.what, language)}  "
            body = f"{what}{_values(change, language)}"
    users = f"  ({word('acts on', language, users=', '.join(change.users))})" if change.users else ""
    return f"  {owner}{title}  {body}{users}  {_place(change.old, change.new)}".rstrip()


def _values(change: Change, language: str) -> str:
    """What was and what is: only the numbers, where nothing else differs."""
    if change.numbers:
        return "; ".join(f"{before} → {after}" for before, after in change.numbers)
    none = word("none", language)
    return f"{change.before or none} → {change.after or none}"


def _place(old: Span, new: Span) -> str:
    places = [f"{PurePath(span.source.name).name}:{span.line}" for span in (old, new) if span.source.name]
    return " → ".join(places)


def move_lines(moves: Sequence[Move], labels: Mapping[str, str], language: str) -> Iterator[str]:
    """`labels`: of tiers and findings, by their names."""
    for move in moves:
        name = move.label or move.entity
        if move.before is None or move.after is None:
            yield f"  {name}  {word('goes' if move.after is None else 'comes', language)}"
            continue
        yield f"  {name}  " + "  ".join(_differences(move.before, move.after, labels, language))
        for cause in move.why:
            yield f"      {_signed(cause.points)}  {cause.label}"


def _differences(before: Standing, after: Standing, labels: Mapping[str, str], language: str) -> Iterator[str]:
    if before.total != after.total:
        was, now = (_number(standing.total, language) for standing in (before, after))
        yield f"{word('total', language)} {was} → {now} ({_signed(after.total - before.total)})"
    none = word("none", language)
    if before.rank != after.rank:
        yield f"{word('rank', language)} {before.rank or none} → {after.rank or none}"
    if before.tier != after.tier:
        was, now = (labels.get(tier) or tier or none for tier in (before.tier, after.tier))
        yield f"{word('tier', language)} {was} → {now}"
    gone = [f"−{_finding(name, labels)}" for name in before.findings if name not in after.findings]
    come = [f"+{_finding(name, labels)}" for name in after.findings if name not in before.findings]
    if gone or come:
        yield f"{word('findings', language)} {' '.join((*gone, *come))}"


def _finding(name: str, labels: Mapping[str, str]) -> str:
    bare = name.removesuffix("?")
    return (labels.get(bare) or bare) + ("?" if name != bare else "")


def _number(value: Fraction | None, language: str) -> str:
    return word("none", language) if value is None else str(Quantity(value, Unit.POINTS))


def _share(value: Fraction | None, language: str) -> str:
    return word("none", language) if value is None else str(Quantity(value, Unit.SHARE, 1))


def _signed(value: Fraction) -> str:
    text = str(Quantity(abs(value), Unit.POINTS))
    sign = "−" if value < 0 else "+"
    return f"≈{sign}{text[1:]}" if text.startswith("≈") else sign + text


def shown(lines: Iterator[str]) -> list[str]:
    return [visible(line) for line in lines]
