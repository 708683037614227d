"""The Merkle tree of a log, its proofs and their verification, as RFC 6962 and RFC 9162 define them, with SHA-256.

A tree of n leaves is never held whole. Whoever keeps it keeps the hash of every complete subtree: that of level l and
number i stands over the leaves i * 2^l up to (i + 1) * 2^l, and once it is complete it never changes. A root or a proof
is made from a number of them that grows with the logarithm of n.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

Nodes = Callable[[int, int], bytes]
"""The hash of the complete subtree of a level and a number."""

EMPTY: Final = hashlib.sha256().digest()


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def grown(size: int, leaf: bytes, nodes: Nodes) -> tuple[tuple[int, int, bytes], ...]:
    """The subtrees (level, number, hash) that a leaf completes which is added to a tree of so many leaves."""
    level, number, hash = 0, size, leaf
    made = [(level, number, hash)]
    while number % 2:
        hash = node_hash(nodes(level, number - 1), hash)
        level, number = level + 1, number // 2
        made.append((level, number, hash))
    return tuple(made)


def root(size: int, nodes: Nodes) -> bytes:
    return _hash(0, size, nodes) if size else EMPTY


def inclusion(index: int, size: int, nodes: Nodes) -> tuple[bytes, ...]:
    """That a leaf stands in the tree of so many leaves: PATH of RFC 9162, section 2.1.3.1."""
    assert 0 <= index < size
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_hash(middle, end, nodes))
            end = middle
        else:
            path.append(_hash(start, middle, nodes))
            start = middle
    return tuple(reversed(path))


def consistency(old: int, new: int, nodes: Nodes) -> tuple[bytes, ...]:
    """That the tree of `new` leaves begins with that of `old`: PROOF of RFC 9162, section 2.1.4.1."""
    assert 0 <= old <= new
    if old in (0, new):
        return ()
    path: list[bytes] = []
    start, end = 0, new
    while end > old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_hash(middle, end, nodes))
            end = middle
        else:
            path.append(_hash(start, middle, nodes))
            start = middle
    if start:  # the old tree is not a subtree of the new one, whose hash the verifier would know
        path.append(_hash(start, end, nodes))
    return tuple(reversed(path))


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows that a leaf of this hash stands in the tree: RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    number, last, hash = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if number % 2 or number == last:
            hash = node_hash(other, hash)
            while not number % 2 and number:
                number, last = number // 2, last // 2
        else:
            hash = node_hash(hash, other)
        number, last = number // 2, last // 2
    return last == 0 and hash == root


def extends(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that one tree begins with the other: RFC 9162, section 2.1.4.2."""
    if not 0 <= old <= new:
        return False
    if old == new or old == 0:
        return not proof and old_root == (EMPTY if old == 0 else new_root) and (new > 0 or new_root == EMPTY)
    hashes = list(proof) if old & (old - 1) else [old_root, *proof]
    if not proof or not hashes:
        return False
    number, last = old - 1, new - 1
    while number % 2:
        number, last = number // 2, last // 2
    first = second = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            return False
        if number % 2 or number == last:
            first, second = node_hash(other, first), node_hash(other, second)
            while not number % 2 and number:
                number, last = number // 2, last // 2
        else:
            second = node_hash(second, other)
        number, last = number // 2, last // 2
    return last == 0 and first == old_root and second == new_root


def _split(leaves: int) -> int:
    """The largest power of two that is smaller."""
    return 1 << ((leaves - 1).bit_length() - 1)


def _hash(start: int, end: int, nodes: Nodes) -> bytes:
    """The hash over the leaves of a part that the tree divides into: complete subtrees, the largest first."""
    parts = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append(nodes(level, start >> level))
        start += 1 << level
    hash = parts.pop()
    while parts:
        hash = node_hash(parts.pop(), hash)
    return hash
