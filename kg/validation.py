"""Whether a build's graph keeps its promises, told in words.

The promises are the shapes of ``schemas/shapes.ttl``, that every quotation stands where it says, and the counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import oxrdflib
import pyshacl
import rdflib
from pyoxigraph import BlankNode, Literal, NamedNode
from rdflib import RDF, RDFS, SH, SKOS, URIRef
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.term import Node

from kg.export.vocabulary import KG, XSD, prefixes
from kg.schemas import schema_path
from kg.shapes import constraints
from kg.sparql import query
from kg.triplestore import GraphStore, load_store

#: Properties that name a resource, the best first.
_NAMES = (
    SKOS.prefLabel,
    URIRef("http://purl.org/dc/terms/title"),
    RDFS.label,
    URIRef("https://schema.org/name"),
)
#: How many resources with one and the same fault are told by name.
EXAMPLES = 3
#: Triples up to which a graph is given to the validator. It takes ten times as long for ten times as many, and a minute
#: for half a million; the queries of `kg.shapes`, which find the same, take seconds.
SMALL = 60_000

_MISQUOTED = """
SELECT ?mention ?title ?exact ?there WHERE {
  ?mention oa:hasTarget ?target .
  ?target oa:hasSource ?paper ; oa:hasSelector ?position , ?quote .
  ?position oa:start ?start ; oa:end ?end .
  ?quote oa:exact ?exact .
  ?paper dcterms:title ?title .
  OPTIONAL { ?paper dcterms:abstract ?abstract }
  BIND(SUBSTR(CONCAT(?title, "\\n", COALESCE(?abstract, "")), ?start + 1, ?end - ?start) AS ?there)
  FILTER(?there != ?exact)
}
ORDER BY ?mention
"""
_COUNTED = """
SELECT ?class ?said ?found WHERE {
  ?part void:class ?class ; void:entities ?said .
  { SELECT ?class (COUNT(*) AS ?found) WHERE { ?thing a ?class } GROUP BY ?class }
  FILTER(?said != ?found)
}
ORDER BY ?class
"""


def validate(folder: str | Path) -> list[str]:
    """What is wrong with the graph of a build.

    Checks the shapes, that every quotation is what stands in the paper at its offsets, and that the counts which the
    graph gives of itself are true.

    Parameters
    ----------
    folder : str or Path
        What ``kg build`` wrote, or a Turtle file.

    Returns
    -------
    list of str
        One sentence a fault, sorted; of resources with the same fault `EXAMPLES` are named and the rest counted.
        Empty when all is well.

    Raises
    ------
    UsageError
        When there is no graph or it is no Turtle.
    """
    source = load_store(Path(folder))
    return _told([*_shape_faults(source), *_misquotations(source), *_miscounts(source)])


@dataclass(frozen=True, slots=True, order=True)
class _Fault:
    """What is wrong with one resource; `complaint` is the same for every resource with the same fault."""

    kind: str
    complaint: str
    name: str


def _told(faults: Iterable[_Fault]) -> list[str]:
    sentences = []
    for (kind, complaint), group in groupby(sorted(set(faults)), key=lambda fault: (fault.kind, fault.complaint)):
        names = [fault.name for fault in group]
        sentences += [f"{kind} {name}: {complaint}" for name in names[:EXAMPLES]]
        if len(names) > EXAMPLES:
            sentences.append(f"{kind}: {complaint}: {len(names) - EXAMPLES} more like this")
    return sentences


def _misquotations(source: GraphStore) -> Iterator[_Fault]:
    for mention, title, exact, there in query(source, _MISQUOTED).values():
        complaint = "the quoted text (oa:exact) is not what stands at its place in the paper"
        name = f"{_iri(mention, source.prefixes)} in {title!r}, which quotes {exact!r} where {there!r} stands"
        yield _Fault("mention", complaint, name)


def _miscounts(source: GraphStore) -> Iterator[_Fault]:
    for name, said, found in query(source, _COUNTED).values():
        complaint = f"expected {said} resources as the graph says of itself, found {found}"
        yield _Fault("class", complaint, _iri(name, source.prefixes))


# Shapes


@dataclass(frozen=True, slots=True)
class _Breach:
    """A node that does not keep to a constraint of a property shape; `value` is what is to blame, if one value is."""

    focus: Node
    shape: Node
    component: str
    value: Node | None


def _shape_faults(source: GraphStore) -> Iterator[_Fault]:
    shapes = rdflib.Graph().parse(schema_path("shapes.ttl"))
    small = len(source.store) <= SMALL
    data = _in_memory(source) if small else _on_store(source)
    for breach in _by_validator(data, shapes) if small else _by_queries(source, shapes):
        yield _fault(breach, shapes, data, source.prefixes)


def _by_validator(data: rdflib.Graph, shapes: rdflib.Graph) -> Iterator[_Breach]:
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, inplace=True, inference="none")
    assert isinstance(report, rdflib.Graph)
    for result in report.subjects(RDF.type, SH.ValidationResult):
        if (None, SH.detail, result) not in report:
            focus, shape = report.value(result, SH.focusNode), report.value(result, SH.sourceShape)
            assert focus is not None and shape is not None
            component = str(report.value(result, SH.sourceConstraintComponent)).removeprefix(str(SH))
            component = component.removesuffix("ConstraintComponent")
            yield _Breach(focus, shape, component, report.value(result, SH.value))


def _by_queries(source: GraphStore, shapes: rdflib.Graph) -> Iterator[_Breach]:
    for constraint in constraints(shapes):
        for focus, value in query(source, constraint.query).rows:
            assert isinstance(focus, NamedNode | BlankNode)
            blamed = None if value is None else _term(value)  # type: ignore[arg-type]
            yield _Breach(_term(focus), constraint.shape, constraint.component, blamed)


def _on_store(source: GraphStore) -> rdflib.Graph:
    """The graph where it is: good for looking single things up, however large it is."""
    return rdflib.Graph(oxrdflib.OxigraphStore(store=source.store), DATASET_DEFAULT_GRAPH_ID, bind_namespaces="none")


def _in_memory(source: GraphStore) -> rdflib.Graph:
    """The graph in rdflib's own store, which is the quicker for single triples, and the validator asks nothing else."""
    data = rdflib.Graph(bind_namespaces="none")
    data.addN((_term(q.subject), _term(q.predicate), _term(q.object), data) for q in source.store)
    return data


def _term(term: NamedNode | BlankNode | Literal) -> rdflib.URIRef | rdflib.BNode | rdflib.Literal:
    if isinstance(term, NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, BlankNode):
        return rdflib.BNode(term.value)
    if term.language:
        return rdflib.Literal(term.value, lang=term.language)
    # rdflib tells a plain literal from an xsd:string, RDF 1.1 does not.
    datatype = None if term.datatype == XSD.string else rdflib.URIRef(term.datatype.value)
    return rdflib.Literal(term.value, datatype=datatype, normalize=False)


def _fault(breach: _Breach, shapes: rdflib.Graph, data: rdflib.Graph, known: Mapping[str, str]) -> _Fault:
    """Which node by its name, which property, what was expected and what was found."""
    path = shapes.value(breach.shape, SH.path)
    words = _path(path, shapes, known) if path is not None else ""
    name = shapes.value(breach.shape, SH.name)
    words = f"{name} ({words})" if name is not None else words
    found = "" if breach.value is None else _found(breach.value, data, known)
    complaint = _complaint(breach.component, shapes, breach.shape, found, known)
    return _Fault(_kind(breach.focus, data), f"{words}: {complaint}", _called(breach.focus, data, known))


def _kind(node: Node, data: rdflib.Graph) -> str:
    ours = sorted(str(cls).removeprefix(KG.iri) for cls in data.objects(node, RDF.type) if str(cls).startswith(KG.iri))
    return ours[0].lower() if ours else "resource"


def _called(node: Node, data: rdflib.Graph, known: Mapping[str, str]) -> str:
    """A node's name in quotes and its short IRI; a literal in quotes."""
    if not isinstance(node, URIRef):
        return repr(str(node))
    ends = data.value(node, RDF.subject), data.value(node, RDF.object)
    if ends[0] is not None and ends[1] is not None:
        return f"from {_called(ends[0], data, known)} to {_called(ends[1], data, known)}"
    names = (data.value(node, predicate) for predicate in _NAMES)
    name = next((str(found) for found in names if found is not None), "")
    return f"{name!r} ({_iri(node, known)})" if name else _iri(node, known)


def _iri(node: Node | str, known: Mapping[str, str]) -> str:
    fitting = {ns: prefix for prefix, ns in (prefixes() | dict(known)).items() if str(node).startswith(ns)}
    if not fitting:
        return f"<{node}>"
    namespace = max(fitting, key=len)
    return f"{fitting[namespace]}:{str(node)[len(namespace) :]}"


def _path(path: Node, shapes: rdflib.Graph, known: Mapping[str, str]) -> str:
    """A path in the words of SPARQL."""
    inverse, either = shapes.value(path, SH.inversePath), shapes.value(path, SH.alternativePath)
    if inverse is not None:
        return f"^{_iri(inverse, known)}"
    if either is not None:
        return "|".join(_iri(step, known) for step in shapes.items(either))
    return "/".join(_iri(step, known) for step in shapes.items(path)) or _iri(path, known)


#: What each kind of constraint expects; the names in braces are the constraint's own parameters.
_COMPLAINTS = {
    "MinCount": "expected at least {minCount}, found fewer",
    "MaxCount": "expected at most {maxCount}, found more",
    "Datatype": "expected a value of type {datatype}, found {found}",
    "Class": "expected something of class {class}, found {found}",
    "NodeKind": "expected an IRI, found {found}",
    "HasValue": "expected {hasValue}, which is missing",
    "In": "expected one of {in}, found {found}",
    "Pattern": "expected text that matches {pattern}, found {found}",
    "MinLength": "expected at least {minLength} characters, found {found}",
    "MinInclusive": "expected {minInclusive} or more, found {found}",
    "MinExclusive": "expected more than {minExclusive}, found {found}",
    "LessThan": "expected less than {lessThan}, found {found}",
    "Disjoint": "expected something else than {disjoint}, found {found}",
    "QualifiedMinCount": "expected exactly one, found none",
    "QualifiedMaxCount": "expected exactly one, found more",
}


def _complaint(kind: str, shapes: rdflib.Graph, shape: Node, found: str, known: Mapping[str, str]) -> str:
    words = {"found": found}
    for parameter, value in shapes.predicate_objects(shape):
        words[str(parameter).rpartition("#")[2]] = _parameter(value, shapes, known)
    return _COMPLAINTS.get(kind, f"{kind} is not met, found {{found}}").format_map(words)


def _parameter(value: Node, shapes: rdflib.Graph, known: Mapping[str, str]) -> str:
    if isinstance(value, URIRef):
        return _iri(value, known)
    if isinstance(value, rdflib.BNode):
        return ", ".join(_parameter(item, shapes, known) for item in shapes.items(value))
    return str(value)


def _found(value: Node, data: rdflib.Graph, known: Mapping[str, str]) -> str:
    kind = value.datatype if isinstance(value, rdflib.Literal) else None
    return _called(value, data, known) + (f" of type {_iri(kind, known)}" if kind else "")
