"""What a served query may take."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20
#: Bytes that the body of a request may have: the longest query, every character of it percent-encoded.
MAX_BODY = 256 * 1024
#: Bytes that an address may have.
MAX_ADDRESS = 64_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one query and on all of them together.

    Parameters
    ----------
    workers : int
        Processes that stand ready for queries.
    seconds : float
        Time that a query may take; then its process is killed and replaced.
    rows : int
        Rows or triples that an answer may have.
    answer : int
        Bytes that an answer may have.
    memory : int
        Bytes that a query may take beyond the graph itself.
    patience : float
        Seconds after which a query counts as long: it goes on with low priority in its process, and a fresh process
        takes that one's place, so that short queries need not wait for it.
    long : int
        Long queries at a time; more wait for their turn. Memory is bounded by `memory` times `workers` plus `long`.
    waiting : int
        Queries that may wait for a process, and long ones that may wait for their turn; one more is refused, and so
        is one that has waited for `seconds`.
    """

    workers: int = 2
    seconds: float = 10.0
    rows: int = 100_000
    answer: int = 64 * MIB
    memory: int = 512 * MIB
    patience: float = 0.1
    long: int = 4
    waiting: int = 256
