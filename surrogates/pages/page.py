"""A card as one HTML file that needs nothing else: no network, no script, light, dark, print and phone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from surrogates.pages.content import Code, Numbers, Part, Plots, Points, Section, Table, Verdicts
from surrogates.pages.markdown import VERDICTS
from surrogates.pages.style import STYLE

__all__ = ["as_page"]

_CLASSES = {True: "holds", False: "fails", None: "unknown"}

_LONG = 24


def as_page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The document.

    Args:
        title: its heading.
        lead: the first paragraph.
        sections: what follows, each with a heading; links to all of them stand below the first two.
    """
    links = "\n".join(f'<li><a href="#{escape(s.key)}">{escape(s.title)}</a></li>' for s in sections)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            f"<header><h1>{escape(title)}</h1><p>{escape(lead)}</p></header>",
            "<main>",
            *(_section(one) for one in sections[:2]),
            f'<nav aria-label="Sections of this page"><ul>{links}</ul></nav>',
            *(_section(one) for one in sections[2:]),
            "</main>",
            "</body>",
            "</html>\n",
        ]
    )


def _section(section: Section) -> str:
    key = escape(section.key)
    parts = "\n".join(_part(part) for part in section.parts)
    return (
        f'<section id="{key}" aria-labelledby="{key}-title"><h2 id="{key}-title">{escape(section.title)}</h2>\n'
        f"{parts}\n</section>"
    )


def _part(part: Part) -> str:
    match part:
        case str():
            return f"<p>{_held(part)}</p>"
        case Table():
            return _table(part)
        case Points():
            return "<ul>" + "\n".join(f"<li>{_held(one)}</li>" for one in part.sentences) + "</ul>"
        case Code():
            return f"<pre><code>{escape(part.text)}</code></pre>"
        case Numbers():
            return (
                f'<details class="numbers"><summary>{escape(part.caption)}</summary>'
                f'<pre tabindex="0">{escape(part.text)}</pre></details>'
            )
        case Plots():
            drawn = "\n".join(
                f"<figure><figcaption>{escape(one.title)}</figcaption>\n{one.svg}</figure>" for one in part.plots
            )
            return f'<div class="plots">{drawn}</div>' if drawn else ""
        case Verdicts():
            return _verdicts(part)


def _held(text: str) -> str:
    """A sentence in which no line begins with a per cent sign."""
    return escape(text).replace(" %", "\u00a0%")


def _verdicts(part: Verdicts) -> str:
    rows = []
    for one in part.verdicts:
        symbol, _, words = VERDICTS[one.passes].partition(" ")
        said = f'<span class="verdict"><span aria-hidden="true">{symbol}</span> {words}</span>'
        told = f'<span class="claim">{escape(one.claim)}</span> <span class="found">{escape(one.found)}</span>'
        rows.append(f'<li class="{_CLASSES[one.passes]}">{said} {told}</li>')
    return f'<ul class="verdicts">{"".join(rows)}</ul>'


def _table(table: Table) -> str:
    if not table.rows:
        return f"<p>{escape(table.caption)}: none.</p>"
    classes = " ".join(_aside(table, place) for place in table.left if place)
    head = "".join(f'<th scope="col">{escape(word)}</th>' for word in table.head)
    body = "\n".join(_row(row) for row in table.rows)
    kind = f' class="{classes}"' if classes else ""
    caption = escape(table.caption)
    made = (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{caption}">'
        f"<table{kind}><caption><span>{caption}</span></caption><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )
    return f"<details><summary>{caption}</summary>{made}</details>" if table.folded else made


def _aside(table: Table, place: int) -> str:
    """Class of a table for a column that is set to the left; where its texts are long, they wrap."""
    longest = max(len(row[place]) for row in table.rows)
    return f"left{place} wrap{place}" if longest > _LONG else f"left{place}"


def _row(row: Sequence[str]) -> str:
    cells = "".join(f"<td>{escape(word)}</td>" for word in row[1:])
    return f'<tr><th scope="row">{escape(row[0])}</th>{cells}</tr>'
