from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib

sys.path.insert(0, str(Path(__file__).parent))

from example import graph

from kg.errors import KgError, UsageError
from kg.export.serialisations import write_turtle
from kg.shapes import constraints
from kg.validation import EXAMPLES, validate


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Faults of the example's graph after one text is replaced by another, as by hand."""

    def edit(old: str, new: str, count: int = 1) -> list[str]:
        path = tmp_path / "graph.ttl"
        write_turtle(graph(), path)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, count), encoding="utf-8")
        by_validator = validate(tmp_path)
        monkeypatch.setattr("kg.validation.SMALL", 0)
        assert validate(tmp_path) == by_validator, "the queries that stand for the shapes find something else"
        return by_validator

    return edit


def test_what_kg_writes_is_valid(tmp_path: Path) -> None:
    write_turtle(graph(), tmp_path / "graph.ttl", "https://example.org/id/")
    assert validate(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            '\tdcterms:title "Tides" ;\n',
            "",
            "paper paper:example:1: title (dcterms:title): expected at least 1, found fewer",
        ),
        (
            'dcterms:title "Alone"',
            'dcterms:title "Alone" , "Not alone"',
            "title (dcterms:title): expected at most 1, found more",
        ),
        (
            'dcterms:issued "2020"^^xsd:gYear',
            'dcterms:issued "lately"',
            "'Alone' (paper:example:7): year (dcterms:issued): expected a value of type xsd:gYear, found 'lately'",
        ),
        (
            "kg:proposes method:tidal-network",
            "kg:proposes task:tide-forecasting",
            "paper 'Tides' (paper:example:1): proposed method (kg:proposes): expected something of class kg:Method, "
            "found 'tide forecasting' (task:tide-forecasting)",
        ),
        (
            'kg:resultKind "absolute"',
            'kg:resultKind "splendid"',
            "result '0.42' (result:example:1/1): kind of result (kg:resultKind): "
            "expected one of absolute, gain, ratio, found 'splendid'",
        ),
        (
            "\tmls:hasValue 0.42",
            '\tmls:hasValue "0.42"',
            "(result:example:1/1): value (mls:hasValue): expected a value of type xsd:decimal, found '0.42'",
        ),
        (
            'skos:prefLabel "BarkBench"',
            'skos:prefLabel "BarkBench" , "Bark"',
            "name (skos:prefLabel): expected at most 1, found more",
        ),
        (
            "kg:higherIsBetter true",
            'kg:higherIsBetter "yes"',
            "metric 'accuracy' (metric:accuracy): whether higher is better (kg:higherIsBetter): "
            "expected a value of type xsd:boolean, found 'yes'",
        ),
        (
            "a dcat:Dataset , mls:Dataset",
            "a mls:Dataset",
            "dataset 'BarkBench' (dataset:bark-bench): class (rdf:type): expected dcat:Dataset, which is missing",
        ),
        (
            'oa:exact "tidal network"',
            'oa:exact "tidal wave"',
            "which quotes 'tidal wave' where 'tidal network' stands",
        ),
        (
            "oa:hasBody method:tidal-network",
            "oa:hasBody method:nobody",
            "id of the entity or result named (oa:hasBody/dcterms:identifier): expected at least 1, found fewer",
        ),
        (
            "\tkg:via method:tidal-network",
            "\tkg:weight 0",
            "weight (kg:weight): expected more than 0, found '0'",
        ),
        (
            "a schema:Person , kg:Author",
            "a schema:Person",
            "author (dcterms:creator): expected something of class kg:Author, found 'Ada Example'",
        ),
        (
            'prism:doi "10.1234/deeper"',
            'prism:doi "doi:10.1234/deeper"',
            r"DOI (prism:doi): expected text that matches ^10\.\d{4,9}/, found 'doi:10.1234/deeper'",
        ),
        (
            "oa:start 76 ",
            "oa:start 700 ",
            "start (oa:start): expected less than oa:end, found '700' of type xsd:integer",
        ),
        (
            "oa:start 76 ",
            "oa:start -76 ",
            "start (oa:start): expected 0 or more, found '-76'",
        ),
        (
            'oa:exact "tidal network"',
            'oa:exact ""',
            "quoted text (oa:exact): expected at least 1 characters, found ''",
        ),
        (
            "schema:url <https://example.org/tides>",
            'schema:url "https://example.org/tides"',
            "web page (schema:url): expected an IRI, found 'https://example.org/tides'",
        ),
        (
            'skos:altLabel "TideNet"',
            'skos:altLabel "tidal network"',
            "alias (skos:altLabel): expected something else than skos:prefLabel, found 'tidal network'",
        ),
        (
            "a mls:Algorithm , skos:Concept",
            "a mls:Algorithm , mls:Model , skos:Concept",
            "class, one of mls:Algorithm and mls:Model (rdf:type): expected exactly one, found more",
        ),
        (
            "a mls:Algorithm , skos:Concept",
            "a skos:Concept",
            "class, one of mls:Algorithm and mls:Model (rdf:type): expected exactly one, found none",
        ),
        (
            "\tkg:reports result:example:1\\/1 ;\n",
            "",
            "paper that reports it (^kg:reports): expected at least 1, found fewer",
        ),
        (
            "kg:sharedEntity ",
            "kg:via ",
            "shared entity (kg:sharedEntity): expected at least 1, found fewer",
        ),
        (
            "kg:higherIsBetter true",
            'kg:higherIsBetter "yes"^^xsd:boolean',
            "expected a value of type xsd:boolean, found 'yes' of type xsd:boolean",
        ),
        (
            "rdf:predicate kg:buildsOn",
            "rdf:predicate kg:uses",
            "relation (rdf:predicate): expected one of kg:sharesEntitiesWith, kg:buildsOn, found kg:uses",
        ),
    ],
)
def test_an_edit_by_hand_is_told_in_words(edited: Callable[..., list[str]], old: str, new: str, sentence: str) -> None:
    faults = edited(old, new)
    assert any(sentence in fault for fault in faults), faults


def test_a_count_that_is_not_true_is_told(edited: Callable[..., list[str]]) -> None:
    assert "class kg:Paper: expected 6 resources as the graph says of itself, found 7" in edited(
        "void:class kg:Paper ;\n\tvoid:entities 7", "void:class kg:Paper ;\n\tvoid:entities 6"
    )


def test_a_fault_of_many_is_told_of_a_few_and_counted(edited: Callable[..., list[str]]) -> None:
    faults = [fault for fault in edited("fabio:ResearchPaper , ", "", count=7) if "fabio:ResearchPaper" in fault]
    assert len(faults) == EXAMPLES + 1
    assert faults[-1] == "paper: class (rdf:type): expected fabio:ResearchPaper, which is missing: 4 more like this"


def test_no_graph_is_no_fault_but_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        validate(tmp_path)


def test_a_part_of_the_standard_without_a_query_is_an_error() -> None:
    shapes = rdflib.Graph().parse(
        data="""
        @prefix sh: <http://www.w3.org/ns/shacl#> .
        <a:shape> a sh:NodeShape ; sh:targetClass <a:A> ; sh:property [ sh:path <a:p> ; sh:maxLength 3 ] ."""
    )
    with pytest.raises(KgError, match="maxLength"):
        list(constraints(shapes))
