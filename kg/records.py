"""The records that travel from stage to stage.

Frozen, without logic beyond construction and (de)serialisation. A `Paper` is what a reader yields, a `Mention` and a
`Result` are what extraction finds in it, an `Entity` is what resolution makes of mentions, and a `ReadPaper` is a
paper with all that was found in it: one line of ``papers.jsonl``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

Label = Literal["METHOD", "DATASET", "METRIC", "TASK"]
Role = Literal["proposed", "used", "compared", "studied", "evaluated_on", "measured", "addressed", "mentioned"]
ResultKind = Literal["absolute", "gain", "ratio"]

#: The labels in the order in which tables and legends show them.
LABELS: tuple[Label, ...] = ("METHOD", "DATASET", "METRIC", "TASK")
#: Kinds of entity, in the order of legends.
ENTITY_KINDS = tuple(label.lower() for label in LABELS)
#: Roles that each label may have; the first is the one given when nothing tells more.
ROLES: dict[Label, tuple[Role, ...]] = {
    "METHOD": ("used", "proposed", "compared", "studied", "mentioned"),
    "DATASET": ("evaluated_on", "mentioned"),
    "METRIC": ("measured", "mentioned"),
    "TASK": ("addressed", "mentioned"),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as read: cleaned text and bibliographic facts, nothing inferred.

    `id` is ``doi:…``, ``arxiv:…``, the record's own id, or ``title:`` with a hash of the normalised title, in that
    order of preference. Unknown facts are empty, an unknown year is None.
    """

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ()
    year: int | None = None
    venue: str = ""
    doi: str = ""
    arxiv: str = ""
    url: str = ""
    keywords: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Title and abstract on two lines: what every offset counts in, in Unicode code points."""
        return f"{self.title}\n{self.abstract}"

    def as_dict(self) -> dict[str, Any]:
        """The paper's part of a line of ``papers.jsonl``, keys in the contract's order."""
        return {
            "id": self.id,
            "title": self.title,
            "abstract": self.abstract,
            "authors": list(self.authors),
            "year": self.year,
            "venue": self.venue,
            "doi": self.doi,
            "arxiv": self.arxiv,
            "url": self.url,
            "keywords": list(self.keywords),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Paper:
        """The inverse of `as_dict`; keys that belong to other records are passed over."""
        return cls(
            id=record["id"],
            title=record["title"],
            abstract=record["abstract"],
            authors=tuple(record.get("authors") or ()),
            year=record.get("year"),
            venue=record.get("venue") or "",
            doi=record.get("doi") or "",
            arxiv=record.get("arxiv") or "",
            url=record.get("url") or "",
            keywords=tuple(record.get("keywords") or ()),
        )


@dataclass(frozen=True, slots=True, order=True)
class Mention:
    """A span of a paper's text that names something: ``paper.text[start:end] == text``.

    `source` says which component found it; `score` is its confidence between 0 and 1.
    """

    start: int
    end: int
    text: str
    label: Label
    role: Role = "mentioned"
    source: str = ""
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """A number that the abstract states as a result, tied to what it measures.

    Before resolution `method`, `metric` and `dataset` hold surface forms, afterwards entity ids; empty when the text
    does not say. `value` is the number, `unit` what follows it ("%", "dB", "x"), `setting` what qualifies the dataset
    ("256x256"). `start` and `end` delimit the printed number in the paper's text.
    """

    method: str
    metric: str
    dataset: str
    value: float
    unit: str
    kind: ResultKind
    setting: str
    start: int
    end: int

    def as_dict(self) -> dict[str, Any]:
        """The result as ``papers.jsonl`` holds it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Result:
        """The inverse of `as_dict`."""
        return cls(**{name: record[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class EntityMention:
    """Where a paper names an entity. `text` is exactly ``paper.text[start:end]``."""

    start: int
    end: int
    text: str

    def as_dict(self) -> dict[str, Any]:
        """The mention as ``papers.jsonl`` holds it."""
        return {"start": self.start, "end": self.end, "text": self.text}


@dataclass(frozen=True, slots=True)
class PaperEntity:
    """An entity as one paper has it: its role there and every place where it is named, in text order."""

    id: str
    label: Label
    name: str
    role: Role
    mentions: tuple[EntityMention, ...]

    def as_dict(self) -> dict[str, Any]:
        """The entity as ``papers.jsonl`` holds it."""
        return {
            "id": self.id,
            "label": self.label,
            "name": self.name,
            "role": self.role,
            "mentions": [m.as_dict() for m in self.mentions],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> PaperEntity:
        """The inverse of `as_dict`."""
        return cls(
            id=record["id"],
            label=record["label"],
            name=record["name"],
            role=record["role"],
            mentions=tuple(EntityMention(m["start"], m["end"], m["text"]) for m in record["mentions"]),
        )


@dataclass(frozen=True, slots=True)
class Related:
    """Another paper of the graph that shares entities: the weight and the entities, the rarest first."""

    id: str
    weight: float
    shared: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The link as ``papers.jsonl`` holds it."""
        return {"id": self.id, "weight": self.weight, "shared": list(self.shared)}


@dataclass(frozen=True, slots=True)
class BuildsOn:
    """Another paper of the graph whose proposed method `via` this paper uses, compares with or studies."""

    id: str
    via: str

    def as_dict(self) -> dict[str, Any]:
        """The link as ``papers.jsonl`` holds it."""
        return {"id": self.id, "via": self.via}


@dataclass(frozen=True, slots=True)
class ReadPaper:
    """A paper with everything that was found in it: one line of ``papers.jsonl``."""

    paper: Paper
    entities: tuple[PaperEntity, ...] = ()
    results: tuple[Result, ...] = ()
    related: tuple[Related, ...] = ()
    builds_on: tuple[BuildsOn, ...] = ()

    def with_links(self, related: tuple[Related, ...], builds_on: tuple[BuildsOn, ...]) -> ReadPaper:
        """The same paper with its links to other papers."""
        return replace(self, related=related, builds_on=builds_on)

    def as_dict(self) -> dict[str, Any]:
        """The line of ``papers.jsonl``, keys in the contract's order."""
        return {
            **self.paper.as_dict(),
            "entities": [e.as_dict() for e in self.entities],
            "results": [r.as_dict() for r in self.results],
            "related": [r.as_dict() for r in self.related],
            "builds_on": [b.as_dict() for b in self.builds_on],
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> ReadPaper:
        """The inverse of `as_dict`."""
        return cls(
            paper=Paper.from_dict(record),
            entities=tuple(PaperEntity.from_dict(e) for e in record.get("entities", ())),
            results=tuple(Result.from_dict(r) for r in record.get("results", ())),
            related=tuple(Related(r["id"], r["weight"], tuple(r["shared"])) for r in record.get("related", ())),
            builds_on=tuple(BuildsOn(b["id"], b["via"]) for b in record.get("builds_on", ())),
        )


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that papers share: one node of the graph, however it is spelt.

    `surfaces` maps every surface form to the number of papers that use it, `broader` lists the ids of wider entities,
    `same_as` identifiers of the same thing elsewhere (Wikidata, a DOI, a homepage).
    """

    id: str
    label: Label
    name: str
    aliases: tuple[str, ...] = ()
    papers: int = 0
    surfaces: Mapping[str, int] = field(default_factory=dict)
    broader: tuple[str, ...] = ()
    same_as: tuple[str, ...] = ()
    higher_is_better: bool | None = None

    def as_dict(self) -> dict[str, Any]:
        """The entity as ``entities.jsonl`` holds it."""
        record = {name: getattr(self, name) for name in self.__slots__}
        lists = {name: list(value) for name, value in record.items() if isinstance(value, tuple)}
        return {**record, **lists, "surfaces": dict(sorted(self.surfaces.items()))}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Entity:
        """The inverse of `as_dict`."""
        values: dict[str, Any] = {}
        for name in cls.__slots__:
            values[name] = tuple(record[name]) if isinstance(record[name], list) else record[name]
        return cls(**values)


def entity_kind(entity_id: str) -> Label:
    """The label that an entity id's prefix stands for (``method:adam`` → METHOD)."""
    return cast(Label, entity_id.split(":", 1)[0].upper())


def known_year(year: object) -> int:
    """A year after Christ; 0 for anything else, as a line changed by hand may hold anything."""
    return year if type(year) is int and 0 < year < 10_000 else 0  # a truth value is an int to isinstance
