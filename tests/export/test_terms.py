from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from kg.errors import UsageError
from kg.export.terms import check_base_iri, decimal, encode, encode_slug, string, web_iri, writable, year
from kg.naming import slug

#: Any text at all, lone surrogates and control characters included.
ANYTHING = st.text(st.characters(), max_size=12)


@given(ANYTHING)
def test_every_text_gives_a_valid_iri(text: str) -> None:
    for local in (encode(text), encode_slug(text), encode_slug(slug(text.encode("utf-8", "replace").decode()))):
        assert local
        assert NamedNode(f"https://example.org/id/{local}").value.endswith(local)


@given(st.lists(ANYTHING, unique=True, max_size=6))
def test_two_texts_never_share_an_iri(texts: list[str]) -> None:
    assert len({encode(text) for text in texts}) == len(texts)
    assert len({encode_slug(text) for text in texts}) == len(texts)


def test_names_that_differ_in_signs_and_scripts_stay_apart() -> None:
    names = ["C", "C++", "C#", "c%2B%2B", "扩散模型", "модель", "नमूना", "", ".", "..", "a/b", "a b"]
    assert len({encode(name) for name in names}) == len(names)
    assert encode("扩散模型") == "扩散模型"
    assert [encode_slug(slug(name)) for name in ("C", "C++", "C#")] == ["c", "c%2B%2B", "c%23"]
    assert not {encode(name) for name in names} & {".", "..", ""}


@given(ANYTHING)
def test_a_literal_keeps_every_offset_and_no_unwritable_character(text: str) -> None:
    written = writable(text)
    assert len(written) == len(text)
    assert not re.search("[\x00-\x08\x0b-\x0d\x0e-\x1f\ud800-\udfff\ufffe\uffff]", written)
    assert string(text).value == written


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimals_are_exact_and_canonical(value: float) -> None:
    digits = decimal(value).value
    assert float(digits) == value
    assert re.fullmatch(r"-?\d+(\.\d*[1-9])?", digits)


def test_infinity_is_no_decimal() -> None:
    with pytest.raises(ValueError, match="inf"):
        decimal(float("inf"))


def test_years_have_four_digits() -> None:
    assert [str(year(y)).partition("^^")[0] for y in (2024, 987)] == ['"2024"', '"0987"']


@pytest.mark.parametrize("value", [None, 0, -44, 10_000, True, 2020.0, "2020", "2020a", [2020]])
def test_what_is_no_year_makes_no_literal(value: object) -> None:
    assert year(value) is None


@pytest.mark.parametrize(
    ("text", "iri"),
    [
        ("https://example.org/a b?q=<x>", "https://example.org/a%20b?q=%3Cx%3E"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/%C3%A9/ü", "https://example.org/%C3%A9/ü"),
        ("javascript:alert(1)", None),
        ("Q42", None),
        ("", None),
        ("http://[bad/", None),
    ],
)
def test_only_web_addresses_become_links(text: str, iri: str | None) -> None:
    found = web_iri(text)
    assert (found.value if found else None) == iri


@pytest.mark.parametrize("base", ["no iri", "https://example.org", "//example.org/", "https://exa mple.org/"])
def test_a_bad_base_iri_is_refused(base: str) -> None:
    with pytest.raises(UsageError, match="--base-iri"):
        check_base_iri(base)
