"""The shapes of ``schemas/shapes.ttl`` as SPARQL queries, which find every breach without leaving the store.

A validator that goes from node to node needs minutes for what the engine finds in seconds, since each constraint is one
pass over its own triples. The constraints are those of SHACL Core that the shapes use; another one is an error, so that
none is ever passed over.

References
----------
Shapes Constraint Language (SHACL), W3C Recommendation, 20 July 2017, https://www.w3.org/TR/shacl/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import rdflib
from rdflib import RDF, SH, XSD, URIRef
from rdflib.term import Node

from kg.errors import KgError

#: Types whose values are tried by a cast, which fails for what is no such value.
_CAST = frozenset([XSD.boolean, XSD.decimal, XSD.integer])
#: What a property shape says besides its constraints.
_NO_CONSTRAINT = frozenset([SH.path, SH.name, SH.qualifiedValueShape])
#: Parts of a node shape that are no constraints.
_OF_NODE_SHAPE = frozenset([RDF.type, SH.name, SH.property, SH.targetClass, SH.targetSubjectsOf])


@dataclass(frozen=True, slots=True)
class Constraint:
    """One constraint of a property shape on the nodes of one target, ready to be asked.

    `component` is its SHACL name, such as "MinCount". `query` gives a row a breach: the node as ``?focus`` and, where
    a single value is to blame, that as ``?value``.
    """

    shape: Node
    component: str
    query: str


def constraints(shapes: rdflib.Graph) -> Iterator[Constraint]:
    """Every constraint of a shapes graph.

    Raises
    ------
    KgError
        For a part of SHACL that has no query here; names it.
    """
    for node_shape in sorted(shapes.subjects(RDF.type, SH.NodeShape), key=str):
        _refuse_others(set(shapes.predicates(node_shape)) - _OF_NODE_SHAPE)
        for target in _targets(shapes, node_shape):
            for shape in shapes.objects(node_shape, SH.property):
                yield from _of_property(shapes, shape, target)


def _refuse_others(predicates: set[Node]) -> None:
    if predicates:
        raise KgError(
            f"no query for {min(map(str, predicates))} in the shapes: only a part of SHACL can be asked in SPARQL"
        )


def _targets(shapes: rdflib.Graph, node_shape: Node) -> Iterator[str]:
    """The patterns that bind ``?focus``."""
    for cls in sorted(shapes.objects(node_shape, SH.targetClass), key=str):
        yield f"?focus a {_term(cls)} ."
    for predicate in sorted(shapes.objects(node_shape, SH.targetSubjectsOf), key=str):
        yield f"?focus {_term(predicate)} ?any ."


def _of_property(shapes: rdflib.Graph, shape: Node, target: str) -> Iterator[Constraint]:
    said = sorted(shapes.predicate_objects(shape))
    _refuse_others({predicate for predicate, _ in said} - _NO_CONSTRAINT - set(_BREACHES))
    inner = shapes.value(shape, SH.qualifiedValueShape)
    listed = "" if inner is None else f"FILTER({_listed(shapes, inner)})"
    place = _Place(target, _path(shapes, next(shapes.objects(shape, SH.path))), listed)
    for predicate, value in said:
        if predicate in _BREACHES:
            breach = _BREACHES[predicate](shapes, place, value)
            yield Constraint(shape, _component(predicate), f"SELECT DISTINCT ?focus ?value WHERE {{ {breach} }}")


def _listed(shapes: rdflib.Graph, inner: Node) -> str:
    """The condition of a qualified shape, which may only be that the value is one of a list."""
    _refuse_others(set(shapes.predicates(inner)) - {SH["in"]})
    return _one_of(shapes, next(shapes.objects(inner, SH["in"])))


def _component(predicate: Node) -> str:
    name = str(predicate).removeprefix(str(SH))
    return name[0].upper() + name[1:]


# Breaches: the pattern that finds the nodes, and values, that do not keep to a constraint. Each goes through the values
# in the order in which they lie in the store, and looks up only for a wrong one whether its node is of the target.


@dataclass(frozen=True, slots=True)
class _Place:
    """Which nodes a constraint is on, as a pattern, and the path to their values; `listed` leaves some of these out."""

    target: str
    path: str
    listed: str

    def wrong(self, condition: str, pattern: str = "") -> str:
        """The values for which a condition, on them or on what a pattern adds, holds; an empty one always does."""
        conditions = " && ".join(filter(None, [condition, f"EXISTS {{ {self.target} }}"]))
        return f"?focus {self.path} ?value {pattern} FILTER({conditions})"


_Breach = Callable[[rdflib.Graph, _Place, Node], str]


def _unless(condition: str) -> _Breach:
    """A constraint on single values; `condition` holds for a good one, and an error in it means that it does not."""

    def breach(shapes: rdflib.Graph, place: _Place, value: Node) -> str:
        return place.wrong(f"!COALESCE({condition.format(_term(value))}, false)")

    return breach


def _datatype(shapes: rdflib.Graph, place: _Place, value: Node) -> str:
    proper = " && STRLEN(STR({0}(STR(?value)))) >= 0" if value in _CAST else ""
    return _unless("DATATYPE(?value) = {0}" + proper)(shapes, place, value)


def _class(shapes: rdflib.Graph, place: _Place, value: Node) -> str:
    return place.wrong("", f"MINUS {{ ?value a {_term(value)} }}")


def _node_kind(shapes: rdflib.Graph, place: _Place, value: Node) -> str:
    if value != SH.IRI:
        raise KgError(f"no query for the node kind {value} in the shapes: only for sh:IRI")
    return place.wrong("!isIRI(?value)")


def _has_value(shapes: rdflib.Graph, place: _Place, value: Node) -> str:
    return f"{place.target} MINUS {{ ?focus {place.path} {_term(value)} }}"


def _in(shapes: rdflib.Graph, place: _Place, value: Node) -> str:
    return place.wrong(f"!({_one_of(shapes, value)})")


def _one_of(shapes: rdflib.Graph, head: Node) -> str:
    return " || ".join(f"sameTerm(?value, {_term(item)})" for item in shapes.items(head))


def _disjoint(shapes: rdflib.Graph, place: _Place, value: Node) -> str:
    return place.wrong("", f". ?focus {_term(value)} ?value")


def _less_than(shapes: rdflib.Graph, place: _Place, value: Node) -> str:
    return place.wrong("!COALESCE(?value < ?other, false)", f". ?focus {_term(value)} ?other")


def _min_count(shapes: rdflib.Graph, place: _Place, value: Node) -> str:
    if int(str(value)) != 1:
        raise KgError(f"no query for at least {value} values in the shapes: only for at least 1")
    return f"{place.target} MINUS {{ ?focus {place.path} ?value {place.listed} }}"


def _max_count(shapes: rdflib.Graph, place: _Place, value: Node) -> str:
    counted = f"GROUP BY ?focus HAVING (COUNT(DISTINCT ?value) > {int(str(value))})"
    many = f"{{ SELECT ?focus WHERE {{ ?focus {place.path} ?value {place.listed} }} {counted} }}"
    return f"{many} FILTER EXISTS {{ {place.target} }}"


_BREACHES: dict[Node, _Breach] = {
    SH.minCount: _min_count,
    SH.maxCount: _max_count,
    SH.qualifiedMinCount: _min_count,
    SH.qualifiedMaxCount: _max_count,
    SH.datatype: _datatype,
    SH["class"]: _class,
    SH.nodeKind: _node_kind,
    SH.hasValue: _has_value,
    SH["in"]: _in,
    SH.pattern: _unless("!isBlank(?value) && REGEX(STR(?value), {})"),
    SH.minLength: _unless("!isBlank(?value) && STRLEN(STR(?value)) >= {}"),
    SH.minInclusive: _unless("?value >= {}"),
    SH.minExclusive: _unless("?value > {}"),
    SH.lessThan: _less_than,
    SH.disjoint: _disjoint,
}


# Terms and paths


def _term(node: Node) -> str:
    assert isinstance(node, rdflib.term.Identifier)
    return node.n3()


def _path(shapes: rdflib.Graph, path: Node) -> str:
    """A path in SPARQL: a property, its inverse, one of several, or one after the other."""
    if isinstance(path, URIRef):
        return _term(path)
    inverse, either = shapes.value(path, SH.inversePath), shapes.value(path, SH.alternativePath)
    if inverse is not None:
        return f"^{_path(shapes, inverse)}"
    steps = [_path(shapes, step) for step in shapes.items(path if either is None else either)]
    if not steps:
        raise KgError("no query for a path of the shapes: only inverse, alternative and sequence can be asked")
    return f"({('/' if either is None else '|').join(steps)})"
