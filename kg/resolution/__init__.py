"""From mentions to entities: which surface forms are one thing.

Three authorities decide, in this order: the paper itself (an acronym it defines means what it says there), the
gazetteer (known names and aliases), and the corpus (what an undefined acronym means in most papers that define it,
unless the paper uses the very words of another meaning).
Everything else is a matter of spelling, which `kg.naming` settles without looking at the corpus, so that an entity
keeps its id when papers are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.extraction import Extraction
from kg.extraction.gazetteer import Gazetteer
from kg.records import Entity, ReadPaper
from kg.resolution.corpus import Corpus, meanings_of
from kg.resolution.entities import entities_of, with_names
from kg.resolution.grouping import groups_of
from kg.resolution.papers import read_paper


@dataclass(frozen=True)
class Resolution:
    """What resolution yields: the papers with their entities, the entities, and the rule behind each surface form.

    `rules` maps an entity id and a surface form to the rule that joined them ("spelling", "defined in the paper",
    "gazetteer", "defined in other papers", "context", "word form").
    """

    papers: list[ReadPaper]
    entities: dict[str, Entity]
    rules: dict[tuple[str, str], str]


def resolve(extractions: Sequence[Extraction], gazetteer: Gazetteer) -> Resolution:
    """Give every mention its entity.

    Parameters
    ----------
    extractions : sequence of Extraction
        All papers of the graph.
    gazetteer : Gazetteer
        The known names, the user's included.
    """
    groups = [groups_of(extraction) for extraction in extractions]
    corpus = Corpus(meanings_of(groups), gazetteer)
    rules: dict[tuple[str, str], str] = {}
    papers = [
        read_paper(extraction, paper_groups, corpus, rules)
        for extraction, paper_groups in zip(extractions, groups, strict=True)
    ]
    entities = entities_of(papers, corpus)
    named = [with_names(paper, entities) for paper in papers]
    return Resolution(named, entities, rules)
