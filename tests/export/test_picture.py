from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import networkx as nx
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from example import HOSTILE_TITLE, graph

from kg.errors import UsageError
from kg.export.picture import PNG_WIDTH, svg, write_picture, write_png


def test_the_picture_is_well_formed_and_shows_hostile_text_as_text():
    root = ElementTree.fromstring(svg(graph()))
    names = {element.text for element in root.iter("{http://www.w3.org/2000/svg}title")}
    assert HOSTILE_TITLE in names
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))


def test_every_drawn_kind_has_its_colour_and_the_legend_names_it():
    text = svg(graph())
    for kind in ("paper", "method", "dataset", "metric", "task"):
        assert f">{kind}</text>" in text


def test_control_characters_do_not_break_the_xml():
    broken = graph()
    broken.nodes["example:1"]["name"] = "a\x00b\x0bc"
    ElementTree.fromstring(svg(broken))


def test_the_file_is_the_same_every_time(tmp_path):
    for name in ("a.svg", "b.svg"):
        write_picture(graph(), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_png_is_drawn_with_its_names(tmp_path):
    pytest.importorskip("resvg_py")
    write_png(graph(), tmp_path / "graph.png")
    content = (tmp_path / "graph.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n")
    assert int.from_bytes(content[16:20]) == PNG_WIDTH


def test_without_its_package_a_png_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(UsageError, match=r"kg-abstracts\[png\]"):
        write_png(graph(), tmp_path / "graph.png")


def test_an_empty_graph_gives_a_picture():
    ElementTree.fromstring(svg(nx.MultiDiGraph()))
