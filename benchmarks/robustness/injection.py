"""Titles, names, ids and addresses that are code in some language: they come out as text in every format."""

from __future__ import annotations

import csv
import io
import json
import re
import resource
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pyoxigraph

from benchmarks.robustness.report import Row
from benchmarks.robustness.sandbox import run
from kg.readers.cleaning import clean
from kg.store import PAGE, read_papers

#: Texts that mean something somewhere; each is a title, abstract, author, venue, keyword, id and address at once.
CLASSES = {
    "quotes, brackets, backslashes, braces": ["\"'`", "<>", "\\", "{}[]()", '"""', "'''", "\\\"", "\\u0022", "\\x41", "}}{{", "%s%n", "a\\"],
    "HTML and scripts": ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<!--", "-->",
             "</title>", "</style>", "&lt;b&gt;", "&#60;", "<b>bold</b>", "{{7*7}}", "{% x %}", "${7*7}", "javascript:alert(1)", "`${x}`"],
    "Cypher": ["' }) DETACH DELETE n //", '"}) MATCH (n) DETACH DELETE n', "` SET n.x = 1 //", "$param", "\\u0027 //"],
    "SPARQL and Turtle": ['" . <a:a> <a:b> <a:c> . #', '"^^<a:b>', '"@en', "> } ; DROP ALL #", "'''} INSERT DATA {", "<a> <b> <c> ."],
    "CSV formulas": ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://a.b\")", "\t=1", "\r=1"],
    "XML and JSON": ["]]>", "<![CDATA[x]]>", "<?xml?>", "<!DOCTYPE x>", "&e;", "\u0000\u0001\u001f", "\ufffe\uffff", "</data>", '{"a":1}', '","x":"'],
    "addresses": ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,<script>", "file:///etc/passwd", "http://a.b/\"onclick=\"x",
          "http://a.b/<script>", "//a.b", "https://a.b/ x", "vbscript:x"],
}  # fmt: skip


def try_all(folder: Path) -> list[Row]:
    """A row a class, after a build and all exports of each."""
    return [_try(kind, texts, folder / str(number)) for number, (kind, texts) in enumerate(CLASSES.items())]


def _record(number: int, text: str) -> dict[str, object]:
    abstract = f"We propose Foo{text}Net (FN), trained on ImageNet, {text} with an accuracy of 71.3%."
    return {"id": f"{number}{text}", "title": f"On {text} {number}", "abstract": abstract, "authors": [f"A {text}"],
            "venue": text, "keywords": [text], "url": text, "year": 2020, "doi": text}  # fmt: skip


def _try(kind: str, texts: list[str], folder: Path) -> Row:
    row = Row(kind)
    folder.mkdir(parents=True)
    source, out = folder / "in.jsonl", folder / "out"
    source.write_text("".join(json.dumps(_record(n, t)) + "\n" for n, t in enumerate(texts)), encoding="utf-8")
    ran = run("build", source, "-o", out)
    row.measure(ran.seconds, ran.memory)
    row.expect(ran.clean and ran.status == 0, ran.err[-300:])
    titles = {read.paper.title for read in read_papers(out)}
    row.expect(titles == {clean(f"On {t} {n}") for n, t in enumerate(texts)}, "titles are lost")
    checks: dict[str, Callable[[Path], set[str]]] = {
        "turtle": _from_rdf, "jsonld": _from_rdf, "ntriples": _from_rdf, "rdfxml": _from_rdf, "trig": _from_rdf,
        "graphml": _from_xml, "gexf": _from_xml, "neo4j": _from_csv, "ladybug": _from_nothing,
    }  # fmt: skip
    for target, read in checks.items():
        made = folder / f"made-{target}"
        ran = run("export", out, "--to", target, "-o", made, prepare=_much_space if target == "ladybug" else None)
        row.expect(ran.clean and ran.status == 0, f"{target}: {ran.err[-300:]}")
        missing = titles - read(made) if ran.status == 0 and read is not _from_nothing else set()
        row.expect(not missing, f"{target} lost {sorted(missing)[:2]}")
        row.count("came out as text", len(texts))
    _check_page(out / PAGE, row)
    _check_queries(out, row)
    row.count("came out as text", len(texts))
    return row


def _much_space() -> None:
    """Ladybug reserves 256 GiB of addresses, and uses few of them."""
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


_FORMATS = {
    "turtle": pyoxigraph.RdfFormat.TURTLE, "jsonld": pyoxigraph.RdfFormat.JSON_LD, "trig": pyoxigraph.RdfFormat.TRIG,
    "ntriples": pyoxigraph.RdfFormat.N_TRIPLES, "rdfxml": pyoxigraph.RdfFormat.RDF_XML,
}  # fmt: skip


def _from_rdf(path: Path) -> set[str]:
    kind = _FORMATS[path.name.removeprefix("made-")]
    return {
        q.object.value
        for q in pyoxigraph.parse(path=str(path), format=kind)
        if not isinstance(q.object, pyoxigraph.Triple)
    }


def _from_xml(path: Path) -> set[str]:
    found = set()
    for element in ET.parse(path).iter():
        found |= {element.text or "", *element.attrib.values()}
    return found


def _from_csv(path: Path) -> set[str]:
    found = set()
    for file in path.rglob("*.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            found |= {cell for line in csv.reader(lines, strict=True) for cell in line}
    return found


def _from_nothing(path: Path) -> set[str]:
    """What only its own engine reads; that it was written is the check."""
    return set()


#: What the page has of its own: three that hold data, and two that run.
_SCRIPTS = 5


class _Page(HTMLParser):
    """What a page would run: its scripts, handlers and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.suspicious: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        for name, value in attrs:
            runs = re.match(r"\s*(?:javascript|data|vbscript):(?!image/)", value or "", re.IGNORECASE)
            if name.startswith("on") or (name in ("href", "src", "action") and runs):
                self.suspicious.append(f"{tag} {name}={value}")


def _check_page(path: Path, row: Row) -> None:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    row.expect(not page.suspicious, f"the page has {page.suspicious[:3]}")
    row.expect(
        page.tags.count("script") == _SCRIPTS and not {"iframe", "object", "embed"} & {*page.tags}, "foreign tags"
    )


def _check_queries(out: Path, row: Row) -> None:
    asked = "SELECT ?t { ?p a kg:Paper ; dcterms:title ?t } ORDER BY ?t"
    answers = {form: run("query", out, asked, "--format", form) for form in ("csv", "tsv", "json", "xml", "table")}
    titles = {b["t"]["value"] for b in json.loads(answers["json"].out)["results"]["bindings"]}
    cells = {line[0] for line in csv.reader(io.StringIO(answers["csv"].out, newline=""))} - {"t"}
    row.expect(cells == titles, f"CSV gives {sorted(cells ^ titles)[:3]}")
    texts = {e.text or "" for e in ET.fromstring(answers["xml"].out).iter() if e.tag.endswith("literal")}
    row.expect(texts == titles, f"XML gives {sorted(texts ^ titles)[:3]}")
    row.expect(all(ran.clean and ran.status == 0 for ran in answers.values()), "a query failed")
    row.count("came out as text", len(titles))
