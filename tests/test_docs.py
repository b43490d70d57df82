"""What the pages of documentation say that a query answers is what it answers."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS))

import refresh

from kg.pipeline import build
from kg.sample import sample_path


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "output"
    build(output=folder)
    return folder


@pytest.mark.parametrize("name", refresh.PAGES)
def test_every_query_gives_the_output_under_it(sample: Path, name: str) -> None:
    """When it fails for good reason: ``python docs/refresh.py``."""
    pytest.importorskip("ladybug")
    page = (DOCS / name).read_text(encoding="utf-8")
    assert "$ kg query output" in page
    assert refresh.refreshed(page, lambda arguments: refresh.ask(sample, arguments)) == page


def test_the_readme_s_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert examples
    (tmp_path / "papers.jsonl").write_bytes(sample_path().read_bytes())
    monkeypatch.chdir(tmp_path)
    for example in examples:
        exec(example, {})
