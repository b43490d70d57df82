from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pyoxigraph
import pytest
import rdflib
from hypothesis import HealthCheck, example, given, settings
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple
from rdflib import OWL, RDF

sys.path.insert(0, str(Path(__file__).parents[1]))

import hostile
from example import entities, graph, papers

from kg.export.rdf import descriptions, quads, to_rdf, triples
from kg.export.serialisations import WRITERS
from kg.export.vocabulary import KG, VOCABULARIES, XSD, prefixes
from kg.graph import build_graph, count_by_kind
from kg.linking import builds_on, related
from kg.records import Entity, EntityMention, Paper, PaperEntity, ReadPaper, Result
from kg.schemas import schema_path

BASE = "https://example.org/id/"
FORMATS = {
    "turtle": (RdfFormat.TURTLE, "turtle"),
    "trig": (RdfFormat.TRIG, "trig"),
    "ntriples": (RdfFormat.N_TRIPLES, "nt"),
    "rdfxml": (RdfFormat.RDF_XML, "xml"),
    "jsonld": (RdfFormat.JSON_LD, "json-ld"),
}


def statements(items: object) -> set[tuple[str, str, str]]:
    return {(str(t.subject), str(t.predicate), str(t.object)) for t in items}  # type: ignore[attr-defined]


def read_by_oxigraph(path: Path, name: str) -> set[tuple[str, str, str]]:
    return statements(pyoxigraph.parse(path=str(path), format=FORMATS[name][0]))


def read_by_rdflib(path: Path, name: str) -> set[tuple[str, str, str]]:
    dataset = rdflib.Dataset(default_union=True)
    dataset.parse(path, format=FORMATS[name][1])
    return {(s.n3(), p.n3(), as_oxigraph(o)) for s, p, o, _ in dataset.quads()}


def as_oxigraph(term: object) -> str:
    if isinstance(term, rdflib.Literal):
        return str(Literal(str(term), datatype=NamedNode(str(term.datatype)) if term.datatype else None))
    return f"<{term}>"


@pytest.mark.parametrize("name", FORMATS)
def test_two_parsers_read_each_serialisation_back(name: str, tmp_path: Path) -> None:
    file, write = WRITERS[name]
    write(graph(), tmp_path / file, BASE)
    expected = statements(triples(graph(), BASE))
    assert read_by_oxigraph(tmp_path / file, name) == expected
    assert read_by_rdflib(tmp_path / file, name) == expected


@example(title="", name="0", identifier="0.")
@settings(max_examples=hostile.examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=hostile.text, name=hostile.text.filter(bool), identifier=hostile.text.filter(bool))
@pytest.mark.parametrize("name_of_format", FORMATS)
def test_any_title_survives_each_serialisation(
    name_of_format: str, title: str, name: str, identifier: str, tmp_path: Path
) -> None:
    one = small_graph(title, name, identifier)
    file, write = WRITERS[name_of_format]
    write(one, tmp_path / file, BASE)
    expected = statements(triples(one, BASE))
    assert read_by_oxigraph(tmp_path / file, name_of_format) == expected
    assert read_by_rdflib(tmp_path / file, name_of_format) == expected


def small_graph(title: str, name: str, identifier: str) -> nx.MultiDiGraph:
    paper = Paper(
        identifier, title, f"{name} is here.", authors=(name, title), venue=title, url=f"https://e.org/{name}"
    )
    start = len(title) + 1
    named = PaperEntity("method:m", "METHOD", name, "used", (EntityMention(start, start + len(name), name),))
    entity = Entity("method:m", "METHOD", name, aliases=(title,), papers=1)
    return build_graph([ReadPaper(paper, (named,))], {"method:m": entity})


def test_bytes_do_not_depend_on_the_order_of_papers(tmp_path: Path) -> None:
    shuffled = papers()
    random.Random(4).shuffle(shuffled)
    other = build_graph(shuffled, dict(sorted(entities().items(), reverse=True)))
    for file, write in WRITERS.values():
        write(graph(), tmp_path / "one" / file, BASE)
        write(other, tmp_path / "other" / file, BASE)
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


def test_bytes_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path; from example import graph; from kg.export.serialisations import WRITERS\n"
        "for file, write in WRITERS.values(): write(graph(), Path(sys.argv[2]) / file, 'https://example.org/id/')\n"
    )
    tests = str(Path(__file__).parents[1])
    for seed in ("1", "2"):
        command = [sys.executable, "-c", code, tests, str(tmp_path / seed)]
        subprocess.run(command, check=True, env={"PYTHONHASHSEED": seed, "PATH": ""})
    for file, _ in WRITERS.values():
        assert (tmp_path / "1" / file).read_bytes() == (tmp_path / "2" / file).read_bytes()


def test_no_triple_is_said_twice_and_subjects_stay_together() -> None:
    listed = list(triples(graph(), BASE))
    assert len(statements(listed)) == len(listed)
    subjects = [d.subject.value for d in descriptions(graph(), BASE)]
    assert len(set(subjects)) == len(subjects)


def test_every_term_is_in_the_ontology_as_spelt() -> None:
    ontology = rdflib.Graph().parse(schema_path("ontology.ttl"))
    declared = {str(term) for term in ontology.subjects(RDF.type)}
    used: set[str] = set()
    for triple in triples(graph(), BASE):
        used.add(triple.predicate.value)
        if triple.predicate.value == str(RDF.type):
            used.add(triple.object.value)
    used |= {term.value for prefix, terms in VOCABULARIES.items() if prefix != "xsd" for term in terms}
    assert used <= declared


def test_our_terms_are_documented_and_used() -> None:
    ontology = rdflib.Graph().parse(schema_path("ontology.ttl"))
    ours = {str(term) for term in ontology.subjects(RDF.type) if str(term).startswith(KG.iri)}
    for term in ours:
        assert ontology.value(rdflib.URIRef(term), rdflib.RDFS.label), term
        assert ontology.value(rdflib.URIRef(term), rdflib.RDFS.comment), term
    assert ours == {term.value for term in KG} | {f"{KG.iri}Entity"}
    assert (rdflib.URIRef(KG.iri + "uses"), RDF.type, OWL.ObjectProperty) in ontology


def test_a_misspelt_term_is_an_error() -> None:
    with pytest.raises(AttributeError, match="hasArXivID"):
        _ = VOCABULARIES["fabio"].hasArXivID


def ask(text: str, base: str = BASE) -> list[tuple[str, ...]]:
    rows = to_rdf(graph(), base).query(text)
    return [tuple(str(value) for value in row) for row in rows]


def test_every_quotation_is_the_slice_at_its_offsets() -> None:
    counts = ask("""
        SELECT (COUNT(*) AS ?all) (SUM(IF(?there = ?exact, 1, 0)) AS ?true) WHERE {
          ?target oa:hasSource ?paper ; oa:hasSelector ?position , ?quote .
          ?position oa:start ?start ; oa:end ?end .
          ?quote oa:exact ?exact .
          ?paper dcterms:title ?title ; dcterms:abstract ?abstract .
          BIND(SUBSTR(CONCAT(?title, "\\n", ?abstract), ?start + 1, ?end - ?start) AS ?there)
        }""")
    named = sum(len(e.mentions) for p in papers() for e in p.entities) + sum(len(p.results) for p in papers())
    assert counts == [(str(named), str(named))]


def test_nodes_and_edges_are_as_many_as_in_the_graph() -> None:
    nodes, edges = count_by_kind(graph())
    counted = to_rdf(graph(), BASE)
    for kind, count in nodes.items():
        assert len(list(counted.subjects(RDF.type, rdflib.URIRef(KG.iri + kind.capitalize())))) == count
    for relation in ("proposes", "uses", "evaluatesOn", "measures", "addresses", "reports", "sharesEntitiesWith"):
        assert len(list(counted.subject_objects(rdflib.URIRef(KG.iri + relation)))) == edges[relation]
    assert len(list(counted.subject_objects(rdflib.URIRef(KG.iri + "via")))) == edges["buildsOn"]


def test_the_graph_counts_itself_rightly() -> None:
    total = ask("SELECT ?n WHERE { ?g a kg:KnowledgeGraph ; void:triples ?n }")
    assert total == [(str(len(list(triples(graph(), BASE)))),)]
    wrong = ask("""
        SELECT ?class WHERE { ?part void:class ?class ; void:entities ?said .
          { SELECT ?class (COUNT(*) AS ?n) WHERE { ?x a ?class } GROUP BY ?class } FILTER(?said != ?n) }""")
    assert wrong == []
    figures = dict(ask("SELECT ?m ?v WHERE { ?q dqv:isMeasurementOf ?m ; dqv:value ?v }"))
    assert figures[f"{KG.iri}shareOfResultsComplete"] == "1"
    assert figures[f"{KG.iri}shareOfPapersWithEntities"] == "0.8571"


def test_results_carry_values_and_what_they_are_of() -> None:
    rows = ask("""
        SELECT ?value ?name WHERE { ?r a kg:Result ; mls:hasValue ?value ; kg:ofMethod/skos:prefLabel ?name ;
          mls:specifiedBy ?m . ?m kg:higherIsBetter false } ORDER BY ?value""")
    assert rows == [("0.31", "deep tidal network"), ("0.42", "tidal network")]
    values = [t.object for t in triples(graph(), BASE) if t.predicate.value.endswith("hasValue")]
    assert all(value.datatype == XSD.decimal for value in values)


def test_links_say_what_is_behind_them() -> None:
    rows = ask("""
        SELECT ?later ?earlier ?via WHERE { ?l rdf:subject ?a ; rdf:object ?b ; rdf:predicate kg:buildsOn ; kg:via ?m .
          ?a kg:buildsOn ?b ; dcterms:title ?later . ?b dcterms:title ?earlier . ?m skos:prefLabel ?via }""")
    assert ("Deeper tides", "Tides", "tidal network") in rows
    shared = ask("""
        SELECT ?entity WHERE { ?l kg:weight ?w ; kg:sharedEntity/dcterms:identifier ?entity ; rdf:subject ?a ;
          rdf:object ?b . ?a kg:sharesEntitiesWith ?b ; dcterms:title "Lichen" . ?b dcterms:title "Moss and lichen" }
        ORDER BY ?entity""")
    assert shared == [("method:lichen-pooling",), ("method:moss-transformer",)]


def test_a_system_of_its_own_is_a_model_and_a_concept_an_algorithm() -> None:
    paper = Paper("p:1", "MossNet: moss", "MossNet uses pooling.")
    spans = (EntityMention(0, 7, "MossNet"),)
    pooling = (EntityMention(27, 34, "pooling"),)
    read = ReadPaper(paper, (PaperEntity("method:mossnet", "METHOD", "MossNet", "proposed", spans),
                             PaperEntity("method:pooling", "METHOD", "pooling", "used", pooling)))  # fmt: skip
    names = {"method:mossnet": "MossNet", "method:pooling": "pooling"}
    known = {key: Entity(key, "METHOD", name, papers=1) for key, name in names.items()}
    found = statements(triples(build_graph([read], known), BASE))
    rdf_type, mls = f"<{RDF.type}>", "<http://www.w3.org/ns/mls#"
    assert (f"<{BASE}method/mossnet>", rdf_type, f"{mls}Model>") in found
    assert (f"<{BASE}method/pooling>", rdf_type, f"{mls}Algorithm>") in found


def test_identifiers_become_the_right_kind_of_link() -> None:
    wikidata, doi, home = "http://www.wikidata.org/entity/Q1", "https://doi.org/10.1/x", "https://example.org/home"
    elsewhere = (wikidata, doi, home, "javascript:x")
    entity = Entity("task:t", "TASK", "t", papers=0, same_as=elsewhere)
    said = {(t.predicate.value.rpartition("#")[2].rpartition("/")[2], t.object.value)
            for t in triples(build_graph([], {"task:t": entity}), BASE)}  # fmt: skip
    assert ("exactMatch", wikidata) in said
    assert ("subjectOf", doi) in said
    assert ("sameAs", home) in said
    assert not any(isinstance(o, NamedNode) and "javascript" in o.value for o in objects(entity))


def objects(entity: Entity) -> list[object]:
    return [t.object for t in triples(build_graph([], {entity.id: entity}), BASE)]


def test_communities_are_named_when_the_graph_has_them() -> None:
    one = graph()
    one.graph["communities"] = [{"id": 0, "name": "Tides & waves"}]
    one.nodes["method:tidal-network"]["community"] = 0
    found = to_rdf(one, BASE)
    rows = found.query("SELECT ?name WHERE { method:tidal-network kg:inCommunity/skos:prefLabel ?name }")
    assert [str(row[0]) for row in rows] == ["Tides & waves"]


def test_each_paper_has_its_own_graph_in_trig() -> None:
    named = {q.graph_name for q in quads(graph(), BASE) if isinstance(q.graph_name, NamedNode)}
    assert named == {NamedNode(f"{BASE}paper/example:{number}") for number in range(1, 8)}
    assert all(isinstance(q, Quad) for q in quads(graph(), BASE))


def test_jsonld_reads_without_fetching_and_in_plain_terms(tmp_path: Path) -> None:
    file, write = WRITERS["jsonld"]
    write(graph(), tmp_path / file, BASE)
    document = json.loads((tmp_path / file).read_text(encoding="utf-8"))
    assert isinstance(document["@context"], dict)
    first = next(node for node in document["@graph"] if node["id"] == "paper:example:1")
    assert first["title"] == "Tides" and first["proposes"] == "method:tidal-network" and first["year"] == "2021"
    assert not [key for node in document["@graph"] for key in node if ":" in key]


def test_turtle_is_prefixed_throughout(tmp_path: Path) -> None:
    file, write = WRITERS["turtle"]
    write(graph(), tmp_path / file, BASE)
    text = (tmp_path / file).read_text(encoding="utf-8")
    body = [line for line in text.splitlines() if not line.startswith("@prefix")]
    assert any(line.startswith("method:tidal-network a mls:Algorithm") for line in body)
    assert not [line for line in body if f"<{BASE}" in line or "<http://www.w3.org" in line]
    assert set(prefixes(BASE)) >= {"kg", "method", "paper"}


def test_a_graph_of_nothing_is_still_a_graph(tmp_path: Path) -> None:
    for name, (file, write) in WRITERS.items():
        write(nx.MultiDiGraph(), tmp_path / file, BASE)
        assert read_by_oxigraph(tmp_path / file, name)


def test_an_infinite_value_leaves_no_file(tmp_path: Path) -> None:
    paper = Paper("p:1", "t", "value inf")
    bad = ReadPaper(paper, results=(Result("", "", "", float("inf"), "", "absolute", "", 8, 11),))
    file, write = WRITERS["turtle"]
    with pytest.raises(ValueError, match="inf"):
        write(build_graph([bad], {}), tmp_path / file, BASE)
    assert not list(tmp_path.iterdir())


def test_links_to_papers_outside_the_graph_are_left_out() -> None:
    few = papers()[:2]
    links = zip(few, related(papers(), entities()), builds_on(papers()), strict=False)
    linked = [paper.with_links(shared, earlier) for paper, shared, earlier in links]
    found = list(triples(build_graph(linked, entities()), BASE))
    assert all(isinstance(t, Triple) for t in found)
    described = {t.subject for t in found}
    pointed = {t.object for t in found if t.predicate == KG.sharesEntitiesWith}
    assert pointed <= described
