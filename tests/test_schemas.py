from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from example import papers

from kg.errors import UsageError
from kg.export.serialisations import jsonld_context
from kg.export.vocabulary import VOCABULARIES
from kg.schemas import schema_path

jsonschema = pytest.importorskip("jsonschema")


def validator() -> object:
    schema = json.loads(schema_path("paper.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_lines_of_papers_meet_the_schema() -> None:
    check = validator()
    for paper in papers():
        assert not list(check.iter_errors(json.loads(json.dumps(paper.as_dict()))))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("key", "value"), [("id", ""), ("year", "2020"), ("entities", [{"id": "x"}]), ("doi", "no doi"), ("extra", 1)]
)
def test_other_lines_do_not(key: str, value: object) -> None:
    line = papers()[0].as_dict() | {key: value}
    assert list(validator().iter_errors(json.loads(json.dumps(line))))  # type: ignore[attr-defined]


def test_context_and_code_agree_on_namespaces() -> None:
    context = jsonld_context()
    assert {prefix: context[prefix] for prefix in VOCABULARIES} == {p: v.iri for p, v in VOCABULARIES.items()}
    meanings = [m["@id"] if isinstance(m, dict) else m for t, m in context.items() if t not in ("id", "type")]
    assert len(set(meanings)) == len(meanings)


def test_an_unknown_schema_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match=r"nothing\.ttl"):
        schema_path("nothing.ttl")
