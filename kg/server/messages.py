"""What the server and its workers say to each other: a question to a worker, an answer back.

Both are a header of fixed size and that many bytes. Nothing in them is ever run: a worker whose engine a query has
taken over could send text and numbers, no more.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from enum import IntEnum

#: Before a question: its size in bytes.
QUESTION_HEAD = struct.Struct(">I")
#: Before an answer: its outcome and its size in bytes.
ANSWER_HEAD = struct.Struct(">BI")
#: A worker's first message: its process id.
HELLO = struct.Struct(">I")


class Outcome(IntEnum):
    """How a question ended. The last four are the verdict on a worker that gave no answer."""

    ROWS = 0
    TRIPLES = 1
    REFUSED = 2
    UNACCEPTABLE = 3
    TOO_LARGE = 4
    NO_MEMORY = 5
    FAILED = 6
    LATE = 7
    BUSY = 8
    DIED = 9
    DEFERRED = 10


@dataclass(frozen=True, slots=True)
class Question:
    """A query and the formats that the client takes: `table` for rows, `graph` for triples, empty for none.

    With `name` it is no query: things are wanted that have such a name.
    """

    sparql: str
    table: str = "json"
    graph: str = "turtle"
    name: str = ""

    def pack(self) -> bytes:
        """The question with its header."""
        content = json.dumps([self.sparql, self.table, self.graph, self.name]).encode()
        return QUESTION_HEAD.pack(len(content)) + content

    @classmethod
    def unpack(cls, content: bytes) -> Question:
        """The inverse of `pack`, for what stands behind the header."""
        return cls(*json.loads(content))


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome, and what belongs to it: the answer in the format asked for, or words for the user."""

    outcome: Outcome
    content: bytes = b""

    def pack(self) -> bytes:
        """The answer with its header."""
        return ANSWER_HEAD.pack(self.outcome, len(self.content)) + self.content
