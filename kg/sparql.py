"""SPARQL on a build's graph, read-only: asking it, and the named queries that users ask most.

Every query knows the prefixes of `kg.export.vocabulary.prefixes`, so ``method:adam`` needs no declaration. A query can
neither change the graph nor reach another host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from pyoxigraph import Literal, QueryBoolean, QuerySolutions

from kg.errors import UsageError
from kg.naming import name_key
from kg.sparql_results import QueryResult
from kg.triplestore import GraphStore, load_store

#: Longer queries are refused: parser and optimizer recurse over chains too, and nobody writes so much by hand.
MAX_LENGTH = 20_000
#: Deeper nesting of brackets is refused: at some hundred levels the engine runs out of stack and the process dies.
MAX_DEPTH = 64


def query(source: GraphStore | str | Path, sparql: str) -> QueryResult:
    """Ask a graph.

    Parameters
    ----------
    source : GraphStore, str or Path
        A loaded graph, or the folder of a build.
    sparql : str
        A SELECT, ASK, CONSTRUCT or DESCRIBE query.

    Raises
    ------
    UsageError
        When the query is not SPARQL (with line and column), is an update, or would leave the graph (SERVICE, FROM).
    """
    check(sparql)
    graph = source if isinstance(source, GraphStore) else load_store(Path(source))
    try:
        answer = graph.store.query(sparql, prefixes=used_prefixes(graph, sparql))
    except SyntaxError as error:
        raise UsageError(syntax_message(sparql, str(error))) from None
    if isinstance(answer, QueryBoolean):
        return QueryResult(boolean=bool(answer), prefixes=graph.prefixes)
    if isinstance(answer, QuerySolutions):
        variables = tuple(variable.value for variable in answer.variables)
        return QueryResult(variables, tuple(tuple(row) for row in answer), prefixes=graph.prefixes)
    return QueryResult(triples=tuple(sorted(answer, key=str)), prefixes=graph.prefixes)


def used_prefixes(graph: GraphStore, sparql: str) -> dict[str, str]:
    """Those of a graph's prefixes that a query may use: to read all takes the engine a quarter of a small query's time.

    With a backslash a prefix may be spelt in code points, so that all are given.
    """
    if "\\" in sparql:
        return dict(graph.prefixes)
    return {prefix: iri for prefix, iri in graph.prefixes.items() if f"{prefix}:" in sparql}


# What a query must not be

#: What a query consists of. In all but the last three groups a keyword is none.
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*+'''"
    r'|"(?:[^"\\\n\r]|\\.)*+"'
    r"|'(?:[^'\\\n\r]|\\.)*+'"
    r'|<(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+>'
    r"|#[^\n\r]*+"
    r"|[?$]\w+"
    r"|@[A-Za-z]+(?:-[A-Za-z0-9]+)*"
    r"|[\w-]*+:(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)*+"
    r"|(?P<word>[A-Za-z]+)"
    r"|(?P<open>[{(\[])"
    r"|(?P<close>[})\]])",
    re.DOTALL,
)
#: SERVICE before something that it could call. This looks into strings too: where a string begins depends on whether
#: "<" begins an IRI or compares, which only the engine knows, and a call must not slip through on a different opinion.
_SERVICE = re.compile(r"SERVICE(?:\s|#[^\n\r]*+)*+(?:SILENT(?:\s|#[^\n\r]*+)*+)?(?:[<?$]|[\w.-]*+:)", re.IGNORECASE)
_UPDATES = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"])
_FORMS = frozenset(["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"])


def check(sparql: str) -> None:
    """Refuse what must not reach the engine.

    Raises
    ------
    UsageError
        For an update, for SERVICE and FROM, for a query that is too long or nested too deeply.
    """
    if len(sparql) > MAX_LENGTH:
        raise UsageError(f"the query has {len(sparql):,} characters; {MAX_LENGTH:,} is the most")
    if any(not _ends_variable(sparql, match.start()) for match in _SERVICE.finditer(sparql)):
        raise UsageError("SERVICE is not allowed: a query asks this graph and no other endpoint")
    depth, form = 0, ""
    for match in _TOKEN.finditer(sparql):
        depth += (match["open"] is not None) - (match["close"] is not None)
        if depth > MAX_DEPTH:
            raise UsageError(f"the query nests brackets more than {MAX_DEPTH} deep")
        word = (match["word"] or "").upper()
        if word in _UPDATES and not form:
            raise UsageError(f"{word} is an update, and the graph is read-only: ask with SELECT, ASK or CONSTRUCT")
        if word == "FROM":
            raise UsageError("FROM is not allowed: there is one graph here, and a query asks it without naming it")
        form = form or (word if word in _FORMS else "")
    if not form:
        raise UsageError("the query has no SELECT, ASK, CONSTRUCT or DESCRIBE, so it asks nothing")


def _ends_variable(sparql: str, end: int) -> bool:
    """Whether what stands before `end` makes it the end of a variable's name, as in ``?myservice``."""
    return re.search(r"[?$]\w*$", sparql[max(0, end - 64) : end]) is not None


def syntax_message(sparql: str, error: str) -> str:
    """A parser's complaint with the line that it is about and a mark under the place."""
    place = re.match(r"error at (\d+):(\d+): (.*)", error, re.DOTALL)
    if place is None:
        return f"the query is not SPARQL: {error}"
    line, column = int(place[1]), int(place[2])
    lines = sparql.split("\n")
    shown = lines[line - 1].replace("\t", " ") if line <= len(lines) else ""
    expected = re.sub(r"\s+", " ", place[3]).strip()
    hint = f" ({expected})" if len(expected) <= 80 and "[" not in expected else ""
    return f"the query is not SPARQL at line {line}, column {column}{hint}:\n{shown}\n{' ' * (column - 1)}^"


# Named queries

_PARAMETER = re.compile(r"^# \$(?P<name>\w+) (?P<type>entity|text|integer)(?: = (?P<default>[^:]+))?: (?P<words>.+)$")
_ENTITY_ID = re.compile(r"(?:method|dataset|metric|task):\S+")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A blank of a named query.

    `type` is "entity" (a name in any spelling, or an id), "text" or "integer"; `default` is None where a value must be
    given.
    """

    name: str
    type: str
    default: str | None
    description: str


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query kept under a name, with its blanks still open."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    text: str

    def fill(self, values: Mapping[str, object]) -> str:
        """The query with every blank filled by a literal, so that no value can change what is asked.

        Raises
        ------
        UsageError
            For a value that is missing, unknown or no integer where one is due.
        """
        unknown = sorted(set(values) - {parameter.name for parameter in self.parameters})
        if unknown:
            raise UsageError(f"{self.name} has no parameter {unknown[0]!r}: {self.usage()}")
        filled = {parameter.name: self._literal(parameter, values) for parameter in self.parameters}
        return re.sub(r"\$(\w+)", lambda match: filled[match[1]], self.text)

    def _literal(self, parameter: Parameter, values: Mapping[str, object]) -> str:
        value = values.get(parameter.name, parameter.default)
        if value is None:
            raise UsageError(f"{self.name} needs {parameter.name}: {self.usage()}")
        text = str(value).strip()
        if parameter.type == "integer":
            if not re.fullmatch(r"[0-9]{1,9}", text):
                raise UsageError(f"{self.name}: {parameter.name} must be a whole number, not {text!r}")
            return text
        if parameter.type == "entity" and not _ENTITY_ID.fullmatch(text):
            text = name_key(text)
        return str(Literal(text))

    def usage(self) -> str:
        """The parameters in one line."""
        parts = [
            f"{p.name} ({p.description}{'' if p.default is None else f'; {p.default} when not given'})"
            for p in self.parameters
        ]
        return "it takes " + ", ".join(parts) if parts else "it takes no parameters"


def named_queries() -> Iterator[NamedQuery]:
    """All named queries, by name."""
    folder = files("kg") / "queries"
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".rq"):
            yield _read(file.name.removesuffix(".rq"), file.read_text(encoding="utf-8"))


def _read(name: str, content: str) -> NamedQuery:
    """A query file: comment lines with the description and the parameters, then the query."""
    lines = content.splitlines()
    comments = [line for line in lines if line.startswith("#")]
    found = [match for match in map(_PARAMETER.match, comments) if match]
    parameters = tuple(Parameter(m["name"], m["type"], m["default"], m["words"]) for m in found)
    text = "\n".join(line for line in lines if not line.startswith("#"))
    return NamedQuery(name, comments[0].removeprefix("# "), parameters, text.strip() + "\n")


def named_query(name: str, **values: object) -> str:
    """The text of a named query with its parameters filled in.

    Parameters
    ----------
    name : str
        One of `named_queries`.
    **values
        Its parameters; those with a default may be left out.

    Raises
    ------
    UsageError
        For an unknown name (lists the known ones) or wrong parameters.
    """
    known = {known.name: known for known in named_queries()}
    if name not in known:
        raise UsageError(f"no named query {name!r}; there are {', '.join(known)}")
    return known[name].fill(values)
