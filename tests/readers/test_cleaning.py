"""Cleaning keeps meaning and, done twice, does nothing more."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.readers.cleaning import clean


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"Schr\"odinger", "Schrödinger"),
        (r"Schr{\"o}dinger", "Schrödinger"),
        ('Schr"odinger bridges', "Schrödinger bridges"),
        (r"Poincar\'e and R\'enyi", "Poincaré and Rényi"),
        (r"Erd\H{o}s and \v{C}ech", "Erdős and Čech"),
        (r"na\"{\i}ve", "naïve"),
        (r"Fran\c{c}ois", "François"),
        (r"Sk\l odowska, \O rsted, Gro\ss e", "Skłodowska, Ørsted, Große"),
        (r"Ma\~nana", "Mañana"),
    ],
)
def test_accents(latex: str, text: str) -> None:
    assert clean(latex) == text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"\textbf{bold} and \emph{slanted}", "bold and slanted"),
        (r"{\em old} {\bf ways}", "old ways"),
        (r"\alpha and $\beta$-VAE", "α and β-VAE"),
        (r"$O(n\log n)$", "O(n log n)"),
        (r"$\mathcal{O}(\sqrt{n})$", "O(√(n))"),
        (r"$\mathbf{C}$onstrained", "Constrained"),
        (r"an error of $22.7$ and $+4.3 \%$", "an error of 22.7 and +4.3 %"),
        (r"$k$-means with $ k \geq 2 $ seeds", "k-means with k ≥ 2 seeds"),
        (r"from English$\rightarrow$French", "from English→French"),
        (r"rotated by $360^{\circ}$", "rotated by 360°"),
        (r"50\% of R\&D in x\_y", "50% of R&D in x_y"),
        (r"100\,000 rows, a\;b", "100,000 rows, a b"),
        (r"task \(T \)and cost \(C\)", "task T and cost C"),
        (r"\ie this, (\eg, that) \etal", "i.e. this, (e.g., that) et al."),
        (r"see \url{https://example.org/a_b}", "see https://example.org/a_b"),
        (r"\href{https://example.org}{code}", "code (https://example.org)"),
        (r"\begin{itemize}\item one \item two\end{itemize}", "one two"),
    ],
)
def test_commands_and_formulas(latex: str, text: str) -> None:
    assert clean(latex) == text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"we propose \ourmethod{}, which", "we propose ourmethod, which"),
        (r"\method is fast", "method is fast"),
        (r"our \sysname{Tidal} wins", "our Tidal wins"),
        (r"a rate of O(\sqrtT) in \mathbbR^n", "a rate of O(√T) in R^n"),
    ],
)
def test_commands_that_an_author_defined_leave_their_name_or_argument(latex: str, text: str) -> None:
    assert clean(latex) == text


@pytest.mark.parametrize(
    "text",
    [
        "it costs $5 and not $10",
        "between $5 million and $10 million",
        "$5-$10 or $5/$10",
        "US$5M vs. US$7M",
        "the set {a, b, c} and f: {0,1}^n",
        "50% of R&D, A&B, x_i and #1",
        'the "attention"and the "art"',
        "5 < 6 > 2",
        "approx. ~10% and ~ 5",
        "run it 5 times more, three times",
        "a $ sign and a { brace",
        "‘single’ and “double” quotes – and dashes —",
        "GPT-4's naïve Bayes: 日本語 العربية",
    ],
)
def test_what_is_no_latex_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("256times256 pixels", "256×256 pixels"),
        ("256 times 256 pixels", "256×256 pixels"),
        (r"256\times256", "256×256"),
        (r"$256 \times 256$", "256×256"),
        (r"3$\times$-9$\times$", "3×-9×"),
        ("2times faster", "2× faster"),
        ("2.3times", "2.3×"),
    ],
)
def test_times_signs_that_lost_their_backslash(printed: str, text: str) -> None:
    assert clean(printed) == text


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (r"\color{x}D", "D"),
        (r"{\color{blue}D}iffusion", "Diffusion"),
        (r"\color{redD}iffusion", "Diffusion"),
        (r"\textsc{TideNet} in \underline{O}ne", "TideNet in One"),
    ],
)
def test_colours_and_faces_leave_their_letters(printed: str, text: str) -> None:
    assert clean(printed) == text


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (r"models~\cite{a,b} are", "models are"),
        (r"models \citep[see][p. 1]{a}.", "models."),
        ("models~smith2020deep are", "models are"),
        (r"code\footnote{at $\tilde{O}(x)$, a {b} c} is out", "code is out"),
        ("Fig.~3 and Eq.~(4)", "Fig. 3 and Eq. (4)"),
    ],
)
def test_citations_and_ties(printed: str, text: str) -> None:
    assert clean(printed) == text


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("FranÃ§ois", "François"),
        ("itâ€™s", "it’s"),
        ("it\u00e2\u0080\u0099s", "it’s"),
        ("GarcÃ\u00ada", "García"),
        ("\u0093quoted\u0094", "“quoted”"),
        ("ﬁne ﬂow", "fine flow"),
        ("Ｆｕｌｌ width", "Full width"),
        ("𝐂onstrained 𝒪(n)", "Constrained O(n)"),
        ("R&amp;D &lt; 5 &mdash; caf&eacute;", "R&D < 5 — café"),
        ("<jats:p>We measure.</jats:p>", "We measure."),
    ],
)
def test_mojibake_entities_and_odd_letters(printed: str, text: str) -> None:
    assert clean(printed) == text


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("a\u00a0b\u2009c\u3000d", "a b c d"),
        ("ze\u200bro w\u200didth", "zero width"),
        ("soft\u00adhyphen", "softhyphen"),
        ("\ufeffTitle\u202e", "Title"),
        ("two\r\nlines\tand\u2028more", "two lines and more"),
        ("nul\x00 bell\x07", "nul bell"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("e\u0301te\u0301", "été"),
        ("wow" + "!" * 40, "wow!!!"),
        ("  spaced   out  ", "spaced out"),
    ],
)
def test_spaces_invisible_and_control_characters(printed: str, text: str) -> None:
    assert clean(printed) == text


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        ("convex op- timization of ker- nels", "convex optimization of kernels"),
        ("Stochas-\ntic descent", "Stochastic descent"),
        ("pre- and post-training", "pre- and post-training"),
        ("a Zorblax- fen", "a Zorblax- fen"),
        ("low- cost", "low- cost"),
    ],
)
def test_words_broken_at_the_end_of_a_line(printed: str, text: str) -> None:
    assert clean(printed) == text


def test_quotes_and_dashes_of_latex() -> None:
    assert clean("``tide'' --- a word, bias--variance, pages 1--2") == "“tide” — a word, bias–variance, pages 1–2"
    assert clean("pass --verbose") == "pass --verbose"


def test_ordinary_prose_comes_back_as_the_very_same_object() -> None:
    prose = "We train on ImageNet (1.2 million images) and reach 3.57% top-5 error, 5 points better than before."
    assert clean(prose) is prose


_PIECES = [
    "\\", "$", "{", "}", "~", "``", "''", '"', "--", "^", "_", "%", "&", "times", "\\times", "256", "a", "B c", " ",
    "\n", "\\alpha", "\\emph", "\\cite{a}", "\\color{", "\\textbackslash", "\\sqrt", "\\frac", "\\own", "\\o", '\\"o',
    "\\c c", "(", ")", "[", "]", "&amp;", "&lt;", "amp;", "&#92;", "&#36;", "\u00ad", "\u200b", "\u00a0", "Ã©", "â€™",
    "\x80", "\x00", "\ud800", "\ufeff", "e\u0301", "\u0301", "ﬁ", "𝐂", "!!!!!!!!!!", "<jats:p>", ">", "\\(", "\\,",
    "\\)", "\\$", "$5", "$10", "\\begin{x}", "\\href{u}{v}", "\\left(", "ß", "İ", "日", "\u2028", "\\text{", "^\\circ",
]  # fmt: skip


def _is_clean(text: str) -> bool:
    return (
        clean(text) == text
        and unicodedata.is_normalized("NFC", text)
        and text == " ".join(text.split())
        and not any(unicodedata.category(c) in {"Cc", "Cs"} for c in text)
    )


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=12).map("".join))
def test_latex_and_its_rubble_are_clean_after_one_cleaning(text: str) -> None:
    assert _is_clean(clean(text))


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec=None), max_size=60))
def test_any_text_is_clean_after_one_cleaning(text: str) -> None:
    assert _is_clean(clean(text))


def test_hostile_nesting_takes_no_time() -> None:
    for text in (
        "{\\" * 20_000,
        "$" * 20_000,
        "\\frac" * 10_000,
        "\\emph{" * 10_000,
        "[" * 20_000 + "]{",
        '"' * 30_000,
    ):
        assert isinstance(clean(text), str)


@pytest.mark.parametrize(
    "mark", [*"\u00ad\u034f\u061c\u180e\u200b\u200f\u202e\u2066\u2067\u2068\u2069\u206a\ufe0f\ufeff", "\U000e0041"]
)
def test_what_cannot_be_seen_does_not_hide_a_name(mark: str) -> None:
    assert clean(f"We train on {mark}{mark.join('ImageNet')}.") == "We train on ImageNet."
