"""Answers to queries and the forms they are shown in: a table for the terminal, CSV, TSV, JSON and XML."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple

Term = NamedNode | BlankNode | Literal | Triple
Row = tuple[Term | None, ...]

_STRING = "http://www.w3.org/2001/XMLSchema#string"
_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
_NUMBERS = frozenset(
    f"http://www.w3.org/2001/XMLSchema#{name}" for name in ("integer", "decimal", "double", "float", "gYear")
)
_RESULTS_XML = "http://www.w3.org/2005/sparql-results#"


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query answers: rows of terms (SELECT), yes or no (ASK), or triples (CONSTRUCT, DESCRIBE).

    A row has one term a variable, None where it is unbound. `prefixes` shorten IRIs in `to_table`.
    """

    variables: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    boolean: bool | None = None
    triples: tuple[Triple, ...] | None = None
    prefixes: Mapping[str, str] = field(default_factory=dict)

    def values(self) -> list[tuple[Any, ...]]:
        """The rows as Python values: numbers, booleans, text; IRIs as text, None where unbound."""
        return [tuple(python_value(term) for term in row) for row in self.rows]

    def to_table(self) -> str:
        """The answer for reading: columns side by side, IRIs shortened, numbers to the right."""
        if self.boolean is not None:
            return "yes" if self.boolean else "no"
        if self.triples is not None:
            return self._serialized(RdfFormat.TURTLE).decode()
        return _table(self.variables, self.cells(), [self._numeric(i) for i in range(len(self.variables))])

    def cells(self) -> list[list[str]]:
        """The rows as text for people."""
        return [[shown(term, self.prefixes) for term in row] for row in self.rows]

    def _numeric(self, column: int) -> bool:
        terms = [row[column] for row in self.rows if row[column] is not None]
        return bool(terms) and all(isinstance(t, Literal) and t.datatype.value in _NUMBERS for t in terms)

    def to_csv(self, delimiter: str = ",") -> str:
        """SPARQL 1.1 CSV: plain values under a line of names; triples under subject, predicate, object."""
        out = io.StringIO()
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
        if self.boolean is not None:
            writer.writerows([["boolean"], [str(self.boolean).lower()]])
        elif self.triples is not None:
            writer.writerow(("subject", "predicate", "object"))
            writer.writerows([_plain(t.subject), _plain(t.predicate), _plain(t.object)] for t in self.triples)
        else:
            writer.writerow(self.variables)
            writer.writerows([_plain(term) for term in row] for row in self.rows)
        return out.getvalue()

    def to_tsv(self) -> str:
        """SPARQL 1.1 TSV: terms in N-Triples form under a line of variables; triples as N-Triples."""
        if self.boolean is not None:
            return f"?boolean\n{str(self.boolean).lower()}\n"
        if self.triples is not None:
            return self._serialized(RdfFormat.N_TRIPLES).decode()
        lines = ["\t".join(f"?{variable}" for variable in self.variables)]
        lines += ["\t".join(_ntriples(term) for term in row) for row in self.rows]
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """SPARQL 1.1 Query Results JSON; JSON-LD for triples."""
        if self.triples is not None:
            return self._serialized(RdfFormat.JSON_LD).decode()
        return json.dumps(self._json(), ensure_ascii=False)

    def _json(self) -> dict[str, Any]:
        if self.boolean is not None:
            return {"head": {}, "boolean": self.boolean}
        bindings = [
            {name: _json_term(term) for name, term in zip(self.variables, row, strict=True) if term is not None}
            for row in self.rows
        ]
        return {"head": {"vars": list(self.variables)}, "results": {"bindings": bindings}}

    def to_xml(self) -> str:
        """SPARQL Query Results XML; RDF/XML for triples."""
        if self.triples is not None:
            return self._serialized(RdfFormat.RDF_XML).decode()
        root = ET.Element("sparql", xmlns=_RESULTS_XML)
        head = ET.SubElement(root, "head")
        for variable in self.variables:
            ET.SubElement(head, "variable", name=variable)
        if self.boolean is not None:
            ET.SubElement(root, "boolean").text = str(self.boolean).lower()
        else:
            results = ET.SubElement(root, "results")
            for row in self.rows:
                _xml_row(results, self.variables, row)
        return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"

    def to_turtle(self) -> str:
        """The triples of a CONSTRUCT or DESCRIBE as Turtle."""
        return self._serialized(RdfFormat.TURTLE).decode()

    def _serialized(self, rdf_format: RdfFormat) -> bytes:
        triples = self.triples or ()
        content = pyoxigraph.serialize(triples, format=rdf_format, prefixes=self._used_prefixes(triples))
        return content or b""

    def _used_prefixes(self, triples: Sequence[Triple]) -> dict[str, str]:
        """Those prefixes that the triples need: forty lines of them before two triples help nobody."""
        iris = {t.value for triple in triples for t in triple if isinstance(t, NamedNode)}
        iris |= {t.object.datatype.value for t in triples if isinstance(t.object, Literal)} - {_STRING}
        return {p: ns for p, ns in self.prefixes.items() if any(iri.startswith(ns) for iri in iris)}


def python_value(term: Term | None) -> Any:
    """A term as a Python value: int, float, bool, or text."""
    if term is None or isinstance(term, NamedNode | BlankNode):
        return None if term is None else term.value
    if isinstance(term, Triple):
        return str(term)
    kind = term.datatype.value.rpartition("#")[2]
    try:
        if kind in ("integer", "gYear"):
            return int(term.value)
        return float(term.value) if kind in ("decimal", "double", "float") else _boolean(term)
    except ValueError:
        return term.value


def _boolean(term: Literal) -> Any:
    if term.datatype.value.endswith("#boolean"):
        return term.value in ("true", "1")
    return term.value


def shown(term: Term | None, prefixes: Mapping[str, str]) -> str:
    """A term for people: a literal's text, an IRI with its longest prefix, nothing when unbound."""
    if term is None:
        return ""
    if isinstance(term, NamedNode):
        fitting = [(namespace, prefix) for prefix, namespace in prefixes.items() if term.value.startswith(namespace)]
        if not fitting:
            return term.value
        namespace, prefix = max(fitting, key=lambda pair: len(pair[0]))
        return f"{prefix}:{term.value[len(namespace) :]}"
    return _plain(term)


def _plain(term: Term | None) -> str:
    if term is None:
        return ""
    if isinstance(term, BlankNode):
        return f"_:{term.value}"
    return str(term) if isinstance(term, Triple) else term.value


def _ntriples(term: Term | None) -> str:
    """N-Triples form; a tab within a literal would end the cell."""
    return "" if term is None else str(term).replace("\t", "\\t")


def _json_term(term: Term) -> dict[str, Any]:
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {name: _json_term(part) for name, part in parts.items()}}
    described: dict[str, Any] = {"type": "literal", "value": term.value}
    if term.language:
        described["xml:lang"] = term.language
    elif term.datatype.value not in (_STRING, _LANG_STRING):
        described["datatype"] = term.datatype.value
    return described


def _xml_row(results: ET.Element, variables: Sequence[str], row: Row) -> None:
    result = ET.SubElement(results, "result")
    for variable, term in zip(variables, row, strict=True):
        if term is not None:
            _xml_term(ET.SubElement(result, "binding", name=variable), term)


def _xml_term(parent: ET.Element, term: Term) -> None:
    if isinstance(term, NamedNode):
        ET.SubElement(parent, "uri").text = term.value
    elif isinstance(term, BlankNode):
        ET.SubElement(parent, "bnode").text = term.value
    elif isinstance(term, Triple):
        triple = ET.SubElement(parent, "triple")
        for name in ("subject", "predicate", "object"):
            _xml_term(ET.SubElement(triple, name), getattr(term, name))
    else:
        attributes = {"xml:lang": term.language} if term.language else {}
        if not term.language and term.datatype.value != _STRING:
            attributes["datatype"] = term.datatype.value
        ET.SubElement(parent, "literal", attributes).text = term.value


def _table(names: Sequence[str], cells: Sequence[Sequence[str]], numeric: Sequence[bool]) -> str:
    shown_cells = [[" ".join(cell.split()) for cell in row] for row in cells]
    widths = [max(map(len, column)) for column in zip(names, *shown_cells, strict=True)]
    aligned = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in (names, *shown_cells)
    ]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([aligned[0], rule, *aligned[1:]])
