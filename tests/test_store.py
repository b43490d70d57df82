"""Reading back a part of an output folder."""

import pytest

from kg.errors import InputError
from kg.records import EntityMention, Paper, PaperEntity, ReadPaper, Related
from kg.store import PAPERS, read_papers, read_titles, with_known_entities, write_papers

QUOTED = 'doi:10.1/"🌊"'


@pytest.fixture
def folder(tmp_path):
    moss = PaperEntity("method:moss", "METHOD", "moss", "used", (EntityMention(0, 4, "Moss"),))
    more = PaperEntity("method:moss-net", "METHOD", "moss-net", "used", (EntityMention(0, 8, "Moss-net"),))
    papers = [
        ReadPaper(Paper("a", "Moss", ""), (moss,)),
        ReadPaper(Paper(QUOTED, "Moss-net", ""), (more,)),
        ReadPaper(Paper("b", "Tides \\ waves", ""), (), (), (Related(QUOTED, 1.5, ("task:tides",)),)),
    ]
    write_papers(papers, tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("naming", "found"), [("method:moss", ["a"]), ("task:tides", ["b"]), (QUOTED, [QUOTED, "b"]), ("c", [])]
)
def test_papers_that_name_an_id(folder, naming, found):
    assert [read.paper.id for read in read_papers(folder, naming)] == found


def test_titles_by_id(folder):
    assert read_titles(folder) == {"a": "Moss", QUOTED: "Moss-net", "b": "Tides \\ waves"}


def test_a_bad_line_is_named_by_its_number_in_the_file(folder):
    path = folder / PAPERS
    path.write_text(path.read_text(encoding="utf-8") + '{"id": "z"\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"papers\.jsonl:4"):
        list(read_papers(folder, "z"))


def test_an_entity_that_is_lost_is_named(folder):
    with pytest.raises(InputError, match=r"entities\.jsonl has no method:moss: run the build again"):
        list(with_known_entities(read_papers(folder), {}))
