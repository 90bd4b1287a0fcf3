"""Write a report's data and the shipped script and styles into one HTML file that needs nothing else.

The head is JSON in a script element, with every character escaped that could end the element; sentences are
packed by gzip and written in base64, so that no text of theirs is markup, and a large set stays small.
"""

from base64 import b64encode
from collections.abc import Sequence
from gzip import compress
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import msgspec
from markupsafe import Markup

from nerforge.evaluation.reports.data_sets.data_report import DataReport
from nerforge.evaluation.reports.report_data import Report
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.printing import printable

PAGE = Path(__file__).with_name("page")
LANGUAGES = ("en", "zh")
_SIGNATURE = b'<meta name="generator" content="nerforge report">'
_ESCAPES = str.maketrans({c: f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"})


class PageFile(NamedTuple):
    """What becomes one HTML file."""

    title: str
    head: Any
    """What the page shows first, as JSON."""
    chunks: Sequence[Any]
    """Sentences, as JSON that is packed."""
    script: str = "report.js"
    """A file of the page's folder."""
    styles: Sequence[str] = ("report.css",)
    training: Any = None
    """What training shows for errors, as JSON that is packed; None for nothing."""


def write_page(report: Report | DataReport, out: Path, language: str | None = None) -> int:
    """Write the page, and give its size in bytes.

    Args:
        report: What it shows.
        out: The file.
        language: In which it opens; None for that of the browser.

    Raises:
        UserError: ``out`` is something else than a page of ours.
    """
    refuse_other_files(out)
    content = render_page(report, language)
    try:
        write_whole(out, content)
    except OSError as err:
        raise UserError(f"-o {out}: cannot be written: {err.strerror}; choose another -o") from err
    return len(content)


def refuse_other_files(out: Path) -> None:
    """Refuse to write over a file that is no page of ours.

    Raises:
        UserError: it is.
    """
    if out.is_dir():
        raise UserError(f"-o {out}: is a folder; name a file such as {out}/report.html")
    if not out.exists():
        return
    with out.open("rb") as file:
        if _SIGNATURE not in file.read(4_096):
            raise UserError(f"-o {out}: exists and is no report; choose another -o")


def _page_of(report: Report | DataReport) -> PageFile:
    head = report.head
    if isinstance(report, Report):
        return PageFile(head.title, head, report.chunks, training=report.training)
    return PageFile(head.title, head, report.chunks, "data_page.js", ("report.css", "data_page.css"))


def render_page(report: Report | DataReport, language: str | None = None) -> bytes:
    """Give the page's bytes; the same report gives the same bytes."""
    page = _page_of(report)
    style, script = "".join(map(_shipped, page.styles)), _shipped(page.script)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    written = environment.get_template("report.html.jinja").render(
        title=printable(page.title),
        language=language or "",
        signature=Markup(_SIGNATURE.decode()),
        style=Markup(style),
        script=Markup(script),
        script_hash=_source_hash(script),
        head=Markup(embedded_json(page.head)),
        chunks=[Markup(_packed(chunk)) for chunk in page.chunks],
        training=None if page.training is None else Markup(_packed(page.training)),
    )
    # Half a surrogate pair, which JSON may hold, is no character.
    return written.encode("utf-8", "replace")


def embedded_json(value: object) -> str:
    r"""Write JSON that may stand in a script element: ``<`` is ``\u003c``, so that nothing ends the element.

    https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
    """
    return msgspec.json.encode(value).decode().translate(_ESCAPES)


def _packed(part: Any) -> str:
    # Without the time of packing, the same sentences give the same bytes.
    return b64encode(compress(msgspec.json.encode(part), mtime=0)).decode("ascii")


def _shipped(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _source_hash(source: str) -> str:
    """Give what a Content-Security-Policy names an inline element by."""
    return f"sha256-{b64encode(sha256(source.encode()).digest()).decode()}"
