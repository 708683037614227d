"""What is known of a register, without trusting its file.

Whoever may write to the file can change entries and make every hash anew: that a register agrees with itself proves
nothing. Only what was kept elsewhere does: an anchor, or an earlier copy. So without such a thing a register is
`self-consistent` at best, and with it it `agrees` for as many entries as that vouches for.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from attrs import frozen

from assessdsl.diagnostics import Diagnostic, RegisterError, render_all
from assessdsl.record.checkpoint import Checkpoint
from assessdsl.record.contents import Contents, faults, finding, read, roots


@frozen
class Verification:
    """What is known of a register."""

    status: Literal["agrees", "self-consistent", "altered"]
    size: int
    root: bytes  # of the entries as they stand
    vouched: int  # how many of the first entries something from outside vouches for
    diagnostics: tuple[Diagnostic, ...] = ()  # what shows that it was altered

    def text(self, language: str) -> str:
        """For people: what is known, what is not, and what was found."""
        words, rest = _WORDS[language], self.size - self.vouched
        lines = [words[self.status].format(size=self.size, vouched=self.vouched, root=self.root.hex())]
        if self.status == "agrees" and rest:
            lines.append(words["rest"].format(rest=rest))
        if self.diagnostics:
            lines.append(render_all(self.diagnostics, language))
        return "\n".join(lines)

    def to_data(self, language: str) -> dict[str, Any]:
        return {
            "status": self.status,
            "size": self.size,
            "root": self.root.hex(),
            "vouched": self.vouched,
            "diagnostics": [each.plain(language) for each in self.diagnostics],
        }

    def to_json(self, language: str = "en") -> str:
        return json.dumps(self.to_data(language), ensure_ascii=False, indent=2) + "\n"


_WORDS: Final = {
    "en": {
        "agrees": "of {size} entries, the first {vouched} agree with what was kept elsewhere; root {root}",
        "rest": "the {rest} entries since then agree with one another; nothing from outside vouches for them yet",
        "self-consistent": "self-consistent only: the {size} entries agree with one another; root {root}\n"
        "whether they are the ones that were recorded cannot be known without an anchor or an earlier copy",
        "altered": "altered: this is not the register that was recorded; it holds {size} entries, root {root}",
    },
    "zh": {
        "agrees": "共 {size} 条,其中前 {vouched} 条与外部留存的凭据一致;根值 {root}",
        "rest": "其后的 {rest} 条仅彼此一致,尚无外部凭据可证明",
        "self-consistent": "仅自身一致:{size} 条彼此一致;根值 {root}\n"
        "没有锚点或较早的副本,无法知道它们是否就是当初登记的内容",
        "altered": "已被改动:这不是当初登记的台账;现有 {size} 条,根值 {root}",
    },
}


def verify(
    path: str | Path, anchors: Sequence[Checkpoint] = (), *, copy: str | Path | None = None, origin: str = ""
) -> Verification:
    """What is known of the register at a path, by anchors and an earlier copy that were kept elsewhere.

    Raises RegisterError if the file or the copy is no register or cannot be read, and if the anchors are of several
    registers or of another than that of the origin.
    """
    return examine(read(path), anchors, None if copy is None else read(copy), origin)


def examine(
    contents: Contents, anchors: Sequence[Checkpoint] = (), copy: Contents | None = None, origin: str = ""
) -> Verification:
    """What is known of such contents."""
    origins = sorted({anchor.origin for anchor in anchors} | ({origin} if origin else set()))
    if len(origins) > 1:
        raise RegisterError([finding("AS7141", names=", ".join(f"`{name}`" for name in origins))])
    found = list(faults(contents))
    leaves = contents.leaves
    root, vouched = roots(leaves), 0
    kept = roots([contents.hash(0, number) for number in range(len(leaves))])
    for anchor in sorted(anchors, key=lambda anchor: anchor.size):
        if anchor.size > len(leaves):
            found.append(finding("AS7139", anchored=anchor.size, size=len(leaves)))
        elif root(anchor.size) == anchor.root:
            vouched = anchor.size
        elif kept(anchor.size) != anchor.root:  # else it vouches for the hashes that are kept: the entries are named
            found.append(finding("AS7140", anchored=anchor.size, first=vouched, last=anchor.size - 1))
    if copy is not None:
        differences = [finding("AS7146")] if any(faults(copy)) else list(_against(contents.entries, copy.entries))
        found += differences
        vouched = vouched if differences else max(vouched, len(copy.entries))
    status: Literal["agrees", "self-consistent"] = "agrees" if vouched else "self-consistent"
    return Verification("altered" if found else status, len(leaves), root(len(leaves)), vouched, tuple(found))


def _against(entries: Sequence[tuple[Any, Any, Any]], copy: Sequence[tuple[Any, Any, Any]]) -> Iterator[Diagnostic]:
    """How the first entries differ from those of an earlier copy, which is whole in itself."""
    ours = {key: (position, body) for position, key, body in entries}
    theirs = {key: (position, body) for position, key, body in copy}
    both = [key for key in ours if key in theirs]
    for key, (position, body) in theirs.items():
        if key not in ours:
            yield finding("AS7143", index=position, key=key)
            continue
        if ours[key][1] != body:
            yield from _differences(ours[key], (position, body))
    last = max((place for place, key in enumerate(ours) if key in theirs), default=-1)
    for place, (key, (position, _)) in enumerate(ours.items()):
        if place < last and key not in theirs:
            yield finding("AS7144", index=position, key=key)
    order = [key for key in theirs if key in ours]
    if both != order:
        place = next(place for place, (one, other) in enumerate(zip(both, order, strict=True)) if one != other)
        yield finding("AS7145", key=order[place], index=theirs[order[place]][0], now=ours[order[place]][0])


def _differences(ours: tuple[Any, Any], theirs: tuple[Any, Any]) -> Iterator[Diagnostic]:
    """The fields in which an entry differs from that of the copy; of its place something else is said."""
    try:
        here = dict(_flat((), json.loads(ours[1])))
    except (ValueError, TypeError, RecursionError):
        return  # that it is no entry is said already
    there = dict(_flat((), json.loads(theirs[1])))
    for names in sorted(here.keys() | there.keys()):
        if names != ("index",) and here.get(names) != there.get(names):
            values = {"here": here.get(names, "—"), "there": there.get(names, "—")}
            yield finding("AS7142", index=ours[0], field=".".join(names), **values)


def _flat(names: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each value that is no table, as JSON, by the names that lead to it."""
    match value:
        case Mapping() if value:
            for name, inner in value.items():
                yield from _flat((*names, name), inner)
        case _:
            yield names, json.dumps(value, ensure_ascii=False)
