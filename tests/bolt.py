"""A server that speaks as much of Bolt 5.2 as Neo4j's driver needs for writing, and hands every statement on.

It serves one connection after the other on the loopback address. After Neo4j's specification of Bolt and PackStream.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_MAGIC = b"\x60\x60\xb0\x17"
_VERSION = b"\x00\x00\x02\x05"
_HELLO, _GOODBYE, _RUN, _PULL, _SUCCESS, _FAILURE = 0x01, 0x02, 0x10, 0x3F, 0x70, 0x7F

Run = Callable[[str, Mapping[str, Any]], Any]


@contextmanager
def serving(run: Run) -> Iterator[str]:
    """The address of a server that calls `run` with each statement and its parameters, and answers no rows."""
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_serve, args=(listener, run), daemon=True)
    thread.start()
    try:
        yield f"bolt://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _serve(listener: socket.socket, run: Run) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, connection.makefile("rwb") as stream:
            assert stream.read(20).startswith(_MAGIC)
            stream.write(_VERSION)
            stream.flush()
            while _answer(stream, run):
                pass


def _answer(stream: Any, run: Run) -> bool:
    """Read a message and answer it; False when the client has left."""
    message = _message(stream)
    if not message or message[1] == _GOODBYE:
        return False
    fields, tag = message[0] & 0x0F, message[1]
    at, given = 2, []
    for _ in range(fields):
        value, at = _unpack(message, at)
        given.append(value)
    kind, answer = _SUCCESS, {}
    if tag == _HELLO:
        answer = {"server": "Neo4j/5.2.0", "connection_id": "test"}
    elif tag == _RUN:
        kind, answer = _ran(run, given[0], given[1])
    elif tag == _PULL:
        answer = {"type": "w", "db": "neo4j"}
    content = bytes([0xB1, kind]) + _pack(answer)
    stream.write(struct.pack(">H", len(content)) + content + b"\x00\x00")
    stream.flush()
    return True


def _ran(run: Run, statement: str, parameters: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    try:
        run(statement, parameters)
    except Exception as error:
        return _FAILURE, {"code": "Neo.ClientError.Statement.SyntaxError", "message": str(error)[:1000]}
    return _SUCCESS, {"fields": []}


def _message(stream: Any) -> bytes:
    found = b""
    while head := stream.read(2):
        (size,) = struct.unpack(">H", head)
        if size == 0:
            if found:
                return found
            continue
        found += stream.read(size)
    return b""


def _pack(value: Any) -> bytes:
    if isinstance(value, str):
        content = value.encode()
        return b"\xd1" + struct.pack(">H", len(content)) + content
    if isinstance(value, list):
        return bytes([0x90 + len(value)]) + b"".join(map(_pack, value))
    return bytes([0xA0 + len(value)]) + b"".join(_pack(key) + _pack(item) for key, item in value.items())


_NUMBERS = {0xC1: ">d", 0xC8: ">b", 0xC9: ">h", 0xCA: ">i", 0xCB: ">q"}
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
#: For texts, lists and maps: the marker of short ones, and of those whose size follows in 1, 2 or 4 bytes.
_SIZED = {"text": (0x80, 0xD0), "list": (0x90, 0xD4), "map": (0xA0, 0xD8)}


def _unpack(data: bytes, at: int) -> tuple[Any, int]:
    """The value at a place of a message, and the place after it."""
    marker = data[at]
    if marker in _CONSTANTS:
        return _CONSTANTS[marker], at + 1
    if marker in _NUMBERS:
        end = at + 1 + struct.calcsize(_NUMBERS[marker])
        return struct.unpack(_NUMBERS[marker], data[at + 1 : end])[0], end
    for kind, (short, long) in _SIZED.items():
        if marker & 0xF0 == short:
            return _container(kind, data, at + 1, marker & 0x0F)
        if long <= marker <= long + 2:
            end = at + 1 + (1 << marker - long)
            return _container(kind, data, end, int.from_bytes(data[at + 1 : end], "big"))
    assert marker < 0x80 or marker >= 0xF0, f"no value begins with {marker:#x}"
    return marker - 0x100 if marker >= 0xF0 else marker, at + 1


def _container(kind: str, data: bytes, at: int, size: int) -> tuple[Any, int]:
    if kind == "text":
        return data[at : at + size].decode(), at + size
    items = []
    for _ in range(size * (2 if kind == "map" else 1)):
        item, at = _unpack(data, at)
        items.append(item)
    return (dict(zip(items[::2], items[1::2], strict=True)) if kind == "map" else items), at
