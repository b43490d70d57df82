"""Turns a pile of paper abstracts into a knowledge graph.

>>> import kg
>>> made = kg.build(["papers.jsonl"], "output")  # doctest: +SKIP
>>> kg.query("output", "SELECT ?method { ?method a kg:Method }")  # doctest: +SKIP
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kg.errors import InputError, KgError, UsageError
    from kg.evaluation import evaluate, read_gold
    from kg.extraction import extract
    from kg.leaderboards import leaderboards
    from kg.pipeline import Build, Knowledge, Options, build
    from kg.pipeline import load_folder as load
    from kg.readers import read
    from kg.records import Entity, Mention, Paper, ReadPaper, Result
    from kg.resolution import resolve
    from kg.sparql import query

# Later versions of onnxruntime number the machine and tell Microsoft how they are used, unless this is set before they
# are imported; kg touches no network.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

#: Where each public name lives. They are imported when first used, so that `kg --help` need not load spaCy.
_HOMES = {
    "Build": "kg.pipeline", "Knowledge": "kg.pipeline", "Options": "kg.pipeline",
    "build": "kg.pipeline", "load": "kg.pipeline",
    "InputError": "kg.errors", "KgError": "kg.errors", "UsageError": "kg.errors",
    "evaluate": "kg.evaluation", "read_gold": "kg.evaluation",
    "extract": "kg.extraction", "leaderboards": "kg.leaderboards", "read": "kg.readers", "resolve": "kg.resolution",
    "Entity": "kg.records", "Mention": "kg.records", "Paper": "kg.records", "ReadPaper": "kg.records",
    "Result": "kg.records", "query": "kg.sparql",
}  # fmt: skip

__all__ = [
    "Build", "Entity", "InputError", "KgError", "Knowledge", "Mention", "Options", "Paper", "ReadPaper", "Result",
    "UsageError", "build", "evaluate", "extract", "leaderboards", "load", "query", "read", "read_gold", "resolve",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'kg' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), "load_folder" if name == "load" else name)
