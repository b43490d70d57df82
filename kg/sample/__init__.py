"""The bundled sample: 72 landmark papers, 1986 to 2024, described in kg's own words, to build a first graph from."""

from __future__ import annotations

from pathlib import Path


def sample_path() -> Path:
    """The sample as a JSON lines file, one paper a line, that `kg.readers.read` takes."""
    return Path(__file__).with_name("papers.jsonl")
