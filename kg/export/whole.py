"""What RDF says of the graph as a whole: its build, its counts, its figures of quality, and what is commonest in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from operator import itemgetter

import networkx as nx
from pyoxigraph import Literal, NamedNode

from kg.export.resources import Description, Fact, Minter, describe
from kg.export.terms import decimal, integer, string, year
from kg.export.vocabulary import DCTERMS, DQV, KG, ONTOLOGY, PROV, RDF, SCHEMA, VOID
from kg.graph import PAPER_RELATIONS, RESULT_RELATIONS
from kg.records import ENTITY_KINDS
from kg.tallies import Tally


@dataclass
class Census:
    """What has been written so far: triples, resources of each of our classes, triples of each of our properties."""

    triples: int = 0
    classes: Counter[NamedNode | Literal] = field(default_factory=Counter)
    properties: Counter[NamedNode] = field(default_factory=Counter)

    def count(self, described: Sequence[Description]) -> None:
        """Take descriptions into account; the types come first in each."""
        self.triples += sum(len(one.facts) for one in described)
        self.properties.update(map(itemgetter(0), chain.from_iterable(one.facts for one in described)))
        for one in described:
            for predicate, value in one.facts:
                if predicate is not RDF.type:
                    break
                self.classes[value] += 1


def about(graph: nx.MultiDiGraph, mint: Minter, census: Census) -> Iterator[Description]:
    """The build and its software, the counts of classes and properties, figures of quality, and the graph itself."""
    run, software, whole = mint("build", "run"), mint("build", "software"), mint("build", "graph")
    details = [*_software(run, software), *_partitions(mint, census), *_quality(graph, mint, whole)]
    census.count(details)
    yield from details
    measured = [d.subject for d in details if (RDF.type, DQV.QualityMeasurement) in d.facts]
    parts = [(d.subject, d.facts) for d in details if (RDF.type, KG.Partition) in d.facts]
    facts: list[Fact] = [
        (DCTERMS.title, string("Knowledge graph of paper abstracts")),
        (DCTERMS.conformsTo, NamedNode(ONTOLOGY.removesuffix("#"))),
        (PROV.wasGeneratedBy, run),
        (VOID.uriSpace, string(mint.base_iri)),
        (VOID.entities, integer(sum(1 for _, data in graph.nodes(data=True) if "kind" in data))),
        *((VOID.classPartition if _of_class(own) else VOID.propertyPartition, part) for part, own in parts),
        *((DQV.hasQualityMeasurement, measurement) for measurement in measured),
    ]
    types = (VOID.Dataset, KG.KnowledgeGraph)
    total = census.triples + len(types) + len(facts) + 1
    yield describe(whole, types, [*facts, (VOID.triples, integer(total))])


def shared(mint: Minter, counted: Iterable[Tally]) -> Iterator[Description]:
    """What most papers share, in the order given, numbered within each kind and year."""
    numbers: Counter[str] = Counter()
    for (kind, first, second, when), papers in counted:
        issued = year(when)
        group = f"tally-{kind}" if issued is None else f"tally-{kind}-{issued.value}"
        numbers[group] += 1
        facts: list[Fact] = [(KG.tallyOf, string(kind)), (KG.first, mint.entity(first))]
        if second:
            facts.append((KG.second, mint.entity(second)))
        if issued is not None:
            facts.append((DCTERMS.issued, issued))
        facts.append((KG.paperCount, integer(papers)))
        yield describe(mint("build", f"{group}-{numbers[group]}"), (KG.Tally,), facts)


def _of_class(facts: Iterable[Fact]) -> bool:
    return any(predicate == VOID["class"] for predicate, _ in facts)


def _software(run: NamedNode, software: NamedNode) -> Iterator[Description]:
    yield describe(run, (PROV.Activity, KG.Build), [(PROV.wasAssociatedWith, software)])
    facts: list[Fact] = [(SCHEMA.name, string("kg")), (SCHEMA.softwareVersion, string(_version()))]
    yield describe(software, (PROV.SoftwareAgent, KG.Software), facts)


def _version() -> str:
    try:
        return version("kg-abstracts")
    except PackageNotFoundError:
        return "unknown"


def _partitions(mint: Minter, census: Census) -> Iterator[Description]:
    """How many resources of each of our classes and triples of each of our properties there are."""
    types = (VOID.Dataset, KG.Partition)
    for iri, count in sorted((term.value, count) for term, count in census.classes.items()):
        if iri.startswith(ONTOLOGY):
            facts: list[Fact] = [(VOID["class"], NamedNode(iri)), (VOID.entities, integer(count))]
            yield describe(mint("build", f"class-{iri.removeprefix(ONTOLOGY)}"), types, facts)
    for iri, count in sorted((term.value, count) for term, count in census.properties.items()):
        if iri.startswith(ONTOLOGY):
            facts = [(VOID.property, NamedNode(iri)), (VOID.triples, integer(count))]
            yield describe(mint("build", f"property-{iri.removeprefix(ONTOLOGY)}"), types, facts)


def _quality(graph: nx.MultiDiGraph, mint: Minter, whole: NamedNode) -> Iterator[Description]:
    for metric, value in _figures(graph).items():
        facts: list[Fact] = [
            (DQV.isMeasurementOf, KG[metric]),
            (DQV.computedOn, whole),
            (DQV.value, decimal(round(value, 4))),
        ]
        yield describe(mint("build", f"quality-{metric}"), (DQV.QualityMeasurement, KG.Quality), facts)


def _figures(graph: nx.MultiDiGraph) -> dict[str, float]:
    """Figures that tell how much the graph knows; those without anything to divide by are left out."""
    named = Counter(a for a, _, data in graph.edges(data=True) if data["relation"] in PAPER_RELATIONS)
    tied = Counter(a for a, _, data in graph.edges(data=True) if data["relation"] in RESULT_RELATIONS.values())
    nodes = [(key, data) for key, data in graph.nodes(data=True) if "kind" in data]
    papers = [key for key, data in nodes if data["kind"] == "paper"]
    results = [key for key, data in nodes if data["kind"] == "result"]
    entities = [data for _, data in nodes if data["kind"] in ENTITY_KINDS]
    figures = {
        "meanEntitiesPerPaper": (named.total(), len(papers)),
        "shareOfPapersWithEntities": (len(named), len(papers)),
        "shareOfEntitiesShared": (sum(data["papers"] > 1 for data in entities), len(entities)),
        "shareOfEntitiesIdentified": (sum(bool(data["same_as"]) for data in entities), len(entities)),
        "shareOfResultsComplete": (sum(tied[key] == 3 for key in results), len(results)),
    }
    return {name: part / total for name, (part, total) in figures.items() if total}
