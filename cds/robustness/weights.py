"""Draws of admissible weights, made once for each policy: wide (any) and near (half to double).

A draw is a row of whole numbers, parts per million. Sums of products of whole numbers do not
depend on the order of adding, so the same seed gives the same shares in any chunking.
"""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cds.robustness.weight_order import WeightOrder, weight_order
from cds.rulebook.policies import Policy

MILLION = 1_000_000
DRAWS = 4096
#: Near weights lie between half and double the declared ones.
NEAR = 2.0
Weights = NDArray[np.int64]


def order_of(policy: Policy) -> WeightOrder:
    """The levels of a policy and the order that its weights must keep."""
    return weight_order(tuple(policy.weights), policy.constraints)


def wide(policy: Policy, draws: int = DRAWS, seed: int = 0) -> Weights:
    """Uniform over all weights >= 0 that sum to a million and obey the order; draws x levels."""
    return _wide(order_of(policy), draws, seed)


def near(policy: Policy, draws: int = DRAWS, seed: int = 0) -> Weights:
    """Declared weights times 2**u, u uniform on [-1, 1], kept where they obey the order."""
    return _near(order_of(policy), tuple(policy.weights.values()), draws, seed)


@lru_cache(maxsize=8)
def _wide(order: WeightOrder, draws: int, seed: int) -> Weights:
    source = np.random.PCG64(np.random.SeedSequence([seed, 1]))
    n = len(order.levels)
    heaviest_first = order.draw(_raw(source, draws, n))
    weights = np.empty((draws, n), dtype=np.int64)
    np.put_along_axis(weights, heaviest_first, sorted_shares(_raw(source, draws, n - 1)), axis=1)
    return _frozen(weights)


def sorted_shares(raw: NDArray[np.uint64]) -> Weights:
    """Shares of a million, uniform on the simplex and sorted downwards, from uniform words.

    n - 1 uniform cuts leave n pieces; they are distributed as n normalised exponentials.
    """
    cuts = np.sort((raw % np.uint64(MILLION + 1)).astype(np.int64), axis=1)
    ends = np.zeros((len(raw), 1), dtype=np.int64)
    pieces = np.diff(np.hstack([ends, cuts, ends + MILLION]), axis=1)
    return -np.sort(-pieces, axis=1)


@lru_cache(maxsize=8)
def _near(order: WeightOrder, declared: tuple[int, ...], draws: int, seed: int) -> Weights:
    source = np.random.PCG64(np.random.SeedSequence([seed, 2]))
    kept: list[Weights] = []
    while sum(map(len, kept)) < draws:
        exponent = _raw(source, 64 * 1024, len(declared)) / 2.0**63 - 1.0
        tried = np.array(declared) * NEAR**exponent
        tried = np.rint(tried * (MILLION / tried.sum(axis=1, keepdims=True)))
        kept.append(tried[obeys(order, tried)].astype(np.int64))
        if not len(kept[-1]):
            raise ValueError("no weights near the declared ones obey the policy's order constraints")
    return _frozen(np.vstack(kept)[:draws])


def obeys(order: WeightOrder, weights: NDArray[np.float64] | Weights) -> NDArray[np.bool_]:
    """Which rows of weights obey every order constraint."""
    index = {level: place for place, level in enumerate(order.levels)}
    good = np.ones(len(weights), dtype=bool)
    for chain in order.constraints:
        for high, low in itertools.pairwise(chain):
            good &= weights[:, index[high]] >= weights[:, index[low]]
    return good


def _raw(source: np.random.PCG64, rows: int, columns: int) -> NDArray[np.uint64]:
    """Uniform 64-bit words; the stream of a bit generator never changes between versions."""
    return np.asarray(source.random_raw(rows * columns), dtype=np.uint64).reshape(rows, columns)


def _frozen(weights: Weights) -> Weights:
    weights.setflags(write=False)
    return weights
