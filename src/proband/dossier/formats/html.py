"""The dossier as one HTML file: no network, no script, readable on screen, on paper and by a screen reader.

Every text comes from a folder that strangers may have written, so the templates escape all of it; the only
markup let through is the drawing that ``dossier/charts.py`` wrote anew. Addresses become links where their
scheme is http or https, and stay text otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from proband.core.dossier import Dossier
from proband.core.evidence import TABLE_PREVIEW_ROWS, Figure
from proband.dossier import benefit_risk, brief, charts, view_words, words
from proband.dossier.view import Ref, Web, view

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

NAME = "html"

_NUMBER = re.compile(r"(?<![\w.,:-])\d+(?:[.,]\d+)*(?![\w:]|-\d)")


def render(dossier: Dossier) -> bytes:
    """The dossier as HTML, UTF-8."""
    template = _environment().get_template("dossier.html.j2")
    page = template.render(v=view(dossier), d=dossier, w=words, vw=view_words, b=brief, br=benefit_risk.table(dossier))
    return page.encode("utf-8")


def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("proband.dossier", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_finalize,
    )
    environment.globals["drawn"] = _drawn
    environment.globals["css_text"] = _css_text
    environment.globals["left_out"] = charts.left_out
    environment.globals["rows_shown"] = TABLE_PREVIEW_ROWS
    environment.globals["uncertain"] = benefit_risk.uncertain
    environment.globals["cell"] = words.shown
    environment.globals["web"] = Web
    environment.filters["linked"] = _linked
    environment.filters["sp"] = words.spaced
    environment.tests["ref"] = lambda part: isinstance(part, Ref)
    environment.tests["web"] = lambda part: isinstance(part, Web)
    return environment


def _finalize(value: Any) -> Any:
    """Take out of every text what could turn its direction around or is no character."""
    return words.clean(value) if type(value) is str else value


def _drawn(figure: Figure, uid: str) -> Markup | None:
    """The drawing of a figure, or None where it can not be drawn."""
    from markupsafe import Markup

    try:
        return Markup(charts.svg(figure, uid))
    except charts.Undrawable:
        return None


def _linked(text: str, anchor: str) -> Markup:
    """A sentence whose numbers link to where they come from."""
    from markupsafe import Markup, escape

    made, last = Markup(), 0
    for m in _NUMBER.finditer(text):
        made += escape(words.clean(text[last : m.start()]))
        made += Markup('<a class="n" href="#{}">{}</a>').format(anchor, m.group())
        last = m.end()
    return made + escape(words.clean(text[last:]))


def _css_text(text: str) -> str:
    """A text as it may stand between quotes in a style sheet: letters, digits and plain punctuation alone."""
    return re.sub(r"[^A-Za-z0-9 .,;:'-]", "", text).replace("'", "")
