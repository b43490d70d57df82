"""Which paper is which."""

from __future__ import annotations

import pytest

from kg.readers.identity import paper_id


@pytest.mark.parametrize("own", ["method:resnet", "dataset:x", "metric:x", "task:x", "result:a#1"])
def test_no_paper_has_the_id_of_an_entity(own: str) -> None:
    assert paper_id("A title", "", "", own) == f"id:{own}"


def test_an_own_id_stays_as_it_is() -> None:
    assert paper_id("A title", "", "", "methods/1") == "methods/1"
