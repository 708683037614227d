"""The Merkle tree and its proofs: against published vectors, and against the definitions of RFC 9162 said naively."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessdsl.record.merkle import (
    EMPTY,
    consistency,
    extends,
    grown,
    includes,
    inclusion,
    leaf_hash,
    node_hash,
    root,
)

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "merkle.json").read_text())
LEAVES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(each) for each in VECTORS["roots"]]


class Tree:
    """The kept subtrees of some leaves."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.kept: dict[tuple[int, int], bytes] = {}
        for size, leaf in enumerate(leaves):
            for level, number, hash in grown(size, leaf_hash(leaf), self.node):
                assert (level, number) not in self.kept, "a subtree is complete once"
                self.kept[level, number] = hash

    def node(self, level: int, number: int) -> bytes:
        return self.kept[level, number]


def hashes(texts: list[str]) -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, texts))


def numbered(count: int) -> list[bytes]:
    return [number.to_bytes(2, "little") for number in range(count)]


# ---------------------------------------------------------------- the definitions, said naively


def split(count: int) -> int:
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    middle = split(len(leaves))
    return node_hash(naive_root(leaves[:middle]), naive_root(leaves[middle:]))


def naive_path(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    middle = split(len(leaves))
    if index < middle:
        return [*naive_path(index, leaves[:middle]), naive_root(leaves[middle:])]
    return [*naive_path(index - middle, leaves[middle:]), naive_root(leaves[:middle])]


def naive_subproof(old: int, leaves: list[bytes], known: bool) -> list[bytes]:
    if old == len(leaves):
        return [] if known else [naive_root(leaves)]
    middle = split(len(leaves))
    if old <= middle:
        return [*naive_subproof(old, leaves[:middle], known), naive_root(leaves[middle:])]
    return [*naive_subproof(old - middle, leaves[middle:], False), naive_root(leaves[:middle])]


# ---------------------------------------------------------------- published vectors


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int) -> None:
    assert root(size, Tree(LEAVES).node) == ROOTS[size]


def test_published_subtrees() -> None:
    kept = Tree(LEAVES).kept
    levels = [[kept[level, number].hex() for number in range(8 >> level)] for level in range(4)]
    assert levels == VECTORS["subtrees"]


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=str)
def test_published_inclusion_proofs(vector: dict[str, Any]) -> None:
    index, size, proof = vector["index"], vector["size"], hashes(vector["proof"])
    assert inclusion(index, size, Tree(LEAVES).node) == proof
    assert includes(leaf_hash(LEAVES[index]), index, size, proof, ROOTS[size])


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=str)
def test_published_consistency_proofs(vector: dict[str, Any]) -> None:
    old, new, proof = vector["old"], vector["new"], hashes(vector["proof"])
    assert consistency(old, new, Tree(LEAVES).node) == proof
    assert extends(old, ROOTS[old], new, ROOTS[new], proof)


@pytest.mark.parametrize("size", sorted(map(int, VECTORS["golden_roots"]["by_size"])))
def test_published_roots_of_larger_trees(size: int) -> None:
    tree = Tree(numbered(size))
    assert base64.b64encode(root(size, tree.node)).decode() == VECTORS["golden_roots"]["by_size"][str(size)]


# ---------------------------------------------------------------- against the definitions


@pytest.mark.parametrize("size", range(1, 34))
def test_everything_of_small_trees(size: int) -> None:
    leaves = numbered(size)
    node = Tree(numbered(40)).node  # a tree that has grown on answers for what it was
    whole = naive_root(leaves)
    assert root(size, node) == whole
    for index in range(size):
        proof = inclusion(index, size, node)
        assert list(proof) == naive_path(index, leaves)
        assert includes(leaf_hash(leaves[index]), index, size, proof, whole)
    for old in range(size + 1):
        proof = consistency(old, size, node)
        assert list(proof) == ([] if old == 0 else naive_subproof(old, leaves, True))
        assert extends(old, naive_root(leaves[:old]), size, whole, proof)


@given(data=st.data(), size=st.integers(1, 300))
def test_no_changed_proof_holds(data: st.DataObject, size: int) -> None:
    """An inclusion proof shows one leaf at one place of one tree; a consistency proof one pair of trees."""
    leaves = numbered(size)
    node = Tree(leaves).node
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    whole, before, leaf = root(size, node), root(old, node), leaf_hash(leaves[index])
    path, proof = list(inclusion(index, size, node)), list(consistency(old, size, node))
    assert includes(leaf, index, size, path, whole)
    assert extends(old, before, size, whole, proof)

    other = data.draw(
        st.binary(min_size=32, max_size=32).filter(lambda hash: hash not in {whole, leaf, before, *proof})
    )
    for changed in changes(data, path, other):
        assert not includes(leaf, index, size, changed, whole)
    for changed in changes(data, proof, other):
        assert not extends(old, before, size, whole, changed)
    assert not includes(other, index, size, path, whole)
    assert not includes(leaf, index, size, path, other)
    elsewhere = data.draw(st.integers(-2, size + 2).filter(lambda place: place != index))
    assert not includes(leaf, elsewhere, size, path, whole)
    assert not extends(old, other, size, whole, proof)
    assert not extends(old, before, size, other, proof)


def changes(data: st.DataObject, proof: list[bytes], other: bytes) -> list[list[bytes]]:
    made = [[*proof, other], [other, *proof]]
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        made += [proof[:place] + proof[place + 1 :], [*proof[:place], other, *proof[place + 1 :]]]
    return made


@given(st.lists(st.binary(max_size=3), max_size=40), st.lists(st.binary(max_size=3), max_size=40))
def test_trees_of_other_leaves_have_other_roots(one: list[bytes], other: list[bytes]) -> None:
    assert (root(len(one), Tree(one).node) == root(len(other), Tree(other).node)) == (one == other)


def test_nonsense_is_refused() -> None:
    assert not includes(ROOTS[1], 1, 1, (), ROOTS[1])
    assert not includes(ROOTS[1], 0, 0, (), EMPTY)
    assert not extends(2, ROOTS[2], 1, ROOTS[1], ())
    assert not extends(-1, ROOTS[0], 1, ROOTS[1], ())
    assert not extends(1, ROOTS[1], 8, ROOTS[8], ())
    assert not extends(0, ROOTS[1], 8, ROOTS[8], ())
    assert not extends(0, EMPTY, 0, ROOTS[1], ())
    assert extends(0, EMPTY, 0, EMPTY, ())


def test_a_large_tree_asks_for_few_hashes() -> None:
    tree = Tree(numbered(20_000))
    asked: list[tuple[int, int]] = []

    def node(level: int, number: int) -> bytes:
        asked.append((level, number))
        return tree.node(level, number)

    root(19_999, node)
    inclusion(7, 19_999, node)
    consistency(7_777, 19_999, node)
    assert len(asked) < 150
