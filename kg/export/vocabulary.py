"""The classes and properties that the RDF uses, by namespace, and the prefixes that files and queries know.

A vocabulary is closed: a name that is not listed here is an `AttributeError` where it is written, not a triple that
nobody finds. Every listed name is declared in ``schemas/ontology.ttl`` under the same spelling.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyoxigraph import NamedNode

#: Where the classes and properties that are ours live.
ONTOLOGY = "https://w3id.org/kg-abstracts/ontology#"
#: What instance IRIs begin with unless the user says otherwise.
BASE_IRI = "https://w3id.org/kg-abstracts/id/"


class Vocabulary:
    """The terms of one namespace that the RDF uses, as attributes: ``DCTERMS.title``.

    Parameters
    ----------
    iri : str
        The namespace.
    names : str
        The local names, separated by blanks. One that is a word of Python is reached as ``VOID["class"]``.
    """

    def __init__(self, iri: str, names: str):
        self.iri = iri
        self._terms = {name: NamedNode(iri + name) for name in names.split()}
        self.__dict__.update(self._terms)

    def __getattr__(self, name: str) -> NamedNode:
        raise AttributeError(f"{self.iri} has no term {name!r} here: list it in kg.export.vocabulary")

    def __getitem__(self, name: str) -> NamedNode:
        return self._terms[name]

    def __iter__(self) -> Iterator[NamedNode]:
        return iter(self._terms.values())


RDF = Vocabulary("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "type Statement subject predicate object")
RDFS = Vocabulary("http://www.w3.org/2000/01/rdf-schema#", "label")
XSD = Vocabulary("http://www.w3.org/2001/XMLSchema#", "integer decimal boolean gYear string anyURI")
DCTERMS = Vocabulary("http://purl.org/dc/terms/", "identifier title abstract creator issued conformsTo")
SKOS = Vocabulary(
    "http://www.w3.org/2004/02/skos/core#",
    "Concept Collection prefLabel altLabel hiddenLabel broader exactMatch closeMatch",
)
SCHEMA = Vocabulary(
    "https://schema.org/", "ScholarlyArticle Person name mentions url sameAs subjectOf identifier softwareVersion"
)
FABIO = Vocabulary("http://purl.org/spar/fabio/", "ResearchPaper hasArXivId")
PRISM = Vocabulary("http://prismstandard.org/namespaces/basic/2.0/", "doi publicationName keyword")
MLS = Vocabulary(
    "http://www.w3.org/ns/mls#",
    "Algorithm Model Dataset Task EvaluationMeasure ModelEvaluation specifiedBy hasValue",
)
DCAT = Vocabulary("http://www.w3.org/ns/dcat#", "Dataset")
OA = Vocabulary(
    "http://www.w3.org/ns/oa#",
    "Annotation SpecificResource TextPositionSelector TextQuoteSelector hasBody hasTarget hasSource hasSelector "
    "start end exact prefix suffix",
)
PROV = Vocabulary("http://www.w3.org/ns/prov#", "Activity SoftwareAgent wasGeneratedBy wasAssociatedWith")
VOID = Vocabulary(
    "http://rdfs.org/ns/void#",
    "Dataset triples entities uriSpace class classPartition property propertyPartition",
)
DQV = Vocabulary(
    "http://www.w3.org/ns/dqv#",
    "QualityMeasurement hasQualityMeasurement isMeasurementOf computedOn value",
)
KG = Vocabulary(
    ONTOLOGY,
    "Paper Author Method Dataset Task Metric Result Mention Link Community "
    "KnowledgeGraph Tally Build Software Partition Quality "
    "proposes uses comparesWith studies evaluatesOn measures addresses mentions reports "
    "ofMethod onDataset resultKind setting unit higherIsBetter paperCount centrality authorList "
    "sharesEntitiesWith buildsOn weight sharedEntity via inCommunity tallyOf first second "
    "meanEntitiesPerPaper shareOfPapersWithEntities shareOfEntitiesShared shareOfEntitiesIdentified "
    "shareOfResultsComplete",
)

VOCABULARIES: dict[str, Vocabulary] = {
    "kg": KG,
    "rdf": RDF,
    "rdfs": RDFS,
    "xsd": XSD,
    "dcterms": DCTERMS,
    "skos": SKOS,
    "schema": SCHEMA,
    "fabio": FABIO,
    "prism": PRISM,
    "mls": MLS,
    "dcat": DCAT,
    "oa": OA,
    "prov": PROV,
    "void": VOID,
    "dqv": DQV,
}
#: The kinds of instances; an instance's IRI is base, kind, slash and the encoded local id.
INSTANCE_KINDS = (
    "paper", "method", "dataset", "metric", "task", "result", "author", "community", "mention", "target", "position",
    "quote", "link", "lineage", "build",
)  # fmt: skip


def prefixes(base_iri: str = BASE_IRI) -> dict[str, str]:
    """Prefix → namespace for every vocabulary and every kind of instance: ``method:adam`` is the method's IRI."""
    known = {prefix: vocabulary.iri for prefix, vocabulary in VOCABULARIES.items()}
    return known | {kind: f"{base_iri}{kind}/" for kind in INSTANCE_KINDS}
