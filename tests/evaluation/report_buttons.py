"""Presses every button and follows every number of a report's page, and compares with ``scores.json``."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.evaluation.report_numbers import Expected, Filter, Numbers, parse_filter

WHOLE = 5_000
"""Sentences of which all are scrolled past and counted; of longer lists the height is measured."""


class Pressed(NamedTuple):
    """A button or a number of the summary, and what the page shows for it."""

    href: str
    said: str
    """What is written on it."""
    rows: int
    """The number of sentences that is stated."""
    units: float | None
    listed: int
    """Sentences in the list."""


@dataclass
class Checked:
    """What was found."""

    n_buttons: int = 0
    n_combined: int = 0
    """Buttons pressed while another was."""
    n_numbers: int = 0
    """Of the summary."""
    n_counted: int = 0
    """Of those all, with a number in ``scores.json``."""
    uncounted: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def check_page(page: Any, numbers: Numbers | None) -> Checked:
    """Press each button of the error browser, alone and with others; follow each number of the summary."""
    checked = Checked()
    page.evaluate(_SETUP)
    buttons = [href for href, _ in page.evaluate("__open('#/browse', '.choice')")]
    for pressed in _walk(page, "__press", buttons, "#/browse"):
        checked.n_buttons += 1
        _compare(pressed, numbers, checked)
    for base in _bases(buttons):
        others = [href for href, is_on in page.evaluate("href => __open(href, '.choice')", base) if not is_on]
        for pressed in _walk(page, "__press", others, base, whole=0):
            checked.n_combined += 1
            _compare(pressed, None, checked)
    page.evaluate("__open('#/summary', 'a.num')")
    texts = page.evaluate(_NUMBERS)
    found = {x.href: x for x in _walk(page, "__follow", dict.fromkeys(href for href, _ in texts))}
    for href, text in texts:
        checked.n_numbers += 1
        _compare(found[href]._replace(said=text), numbers, checked)
    return checked


def _walk(
    page: Any, how: str, hrefs: Iterable[str], base: str | None = None, whole: int = WHOLE
) -> Iterator[Pressed]:
    call = f"([href, base, whole]) => {how}(href, base, whole)"
    return (Pressed(**page.evaluate(call, [href, base, whole])) for href in hrefs)


def _compare(pressed: Pressed, numbers: Numbers | None, checked: Checked) -> None:
    href = pressed.href
    if pressed.rows != pressed.listed:
        checked.faults.append(f"{href}: says {pressed.rows} sentences, lists {pressed.listed}")
    said = _number(pressed.said)
    if said is not None and said not in (pressed.rows, pressed.units):
        checked.faults.append(f"{href}: {said:g} is on it, {pressed.rows} ({pressed.units}) are shown")
    if numbers is None:
        return
    expected = numbers.expected(parse_filter(href))
    if expected == Expected():
        checked.uncounted.append(href)
        return
    checked.n_counted += 1
    for name, wanted in expected._asdict().items():
        found = getattr(pressed, name)
        if wanted is not None and wanted != found:
            checked.faults.append(f"{href}: scores.json has {wanted:g} {name}, the page {found}")


def _bases(hrefs: Iterable[str]) -> Iterator[str]:
    """Choose the first condition of each kind, with which all others are combined."""
    known: list[Filter] = []
    for href in hrefs:
        asked = parse_filter(href)
        if asked.keys() not in [other.keys() for other in known]:
            known.append(asked)
            yield href


def _number(text: str) -> float | None:
    """Read a count; a figure with a decimal is a percentage, or counts halves."""
    text = text.replace(",", "")
    return float(text) if text.isdecimal() else None


_NUMBERS = "[...document.querySelectorAll('a.num')].map(x => [x.getAttribute('href'), x.textContent])"
# Everything is done in the page, as its user would: without a round trip for each button.
_SETUP = """() => {
    const settled = async test => {
        for (let i = 0; i < 60000 && !test(); i += 1) await new Promise(done => setTimeout(done, 2));
        if (!test()) throw new Error('the page does not settle: ' + location.hash);
    };
    const bare = hash => hash.replace(/([?&])at=[^&]*&?/, '$1').replace(/[?&]$/, '');
    const show = async href => {
        if (bare(location.hash) !== href) {
            const heard = new Promise(done => addEventListener('hashchange', done, {once: true}));
            location.hash = href;
            await heard;
        }
        if (!href.startsWith('#/browse')) await settled(() => document.querySelector('main.summary'));
        else await settled(() => document.querySelector('form.facets[data-counted]'));
    };
    const number = id => {
        const element = document.getElementById(id);
        return element && Number(element.textContent.replaceAll(',', ''));
    };
    const listed = (rows, whole) => {
        const [list, seen] = [document.querySelector('.list'), new Set()];
        const height = document.querySelector('.space').offsetHeight;
        if (rows > whole) return Math.round(height / list.querySelector('.line').offsetHeight);
        for (let top = 0; top < height; top += list.clientHeight) {
            list.scrollTop = top;
            list.dispatchEvent(new Event('scroll'));
            for (const line of list.querySelectorAll('.line')) seen.add(line.getAttribute('href'));
        }
        return seen.size;
    };
    const shown = (href, said, whole) => {
        const rows = number('n-rows');
        return {href, said, rows, units: number('n-units'), listed: listed(rows, whole)};
    };
    const choices = () => [...document.querySelectorAll('.choice')];
    window.__open = async (href, selector) => {
        await show(href);
        return [...document.querySelectorAll(selector)].map(
            x => [x.getAttribute('href'), x.getAttribute('aria-pressed') === 'true']);
    };
    window.__press = async (href, base, whole) => {
        await show(base);
        const button = choices().find(x => x.getAttribute('href') === href);
        const said = button.querySelector('.n').textContent;
        const heard = new Promise(done => addEventListener('hashchange', done, {once: true}));
        button.click();
        await heard;
        await settled(() => document.querySelector('form.facets[data-counted]'));
        if (bare(location.hash) !== href) throw new Error(`${href} leads to ${location.hash}`);
        return shown(href, said, whole);
    };
    window.__follow = async (href, base, whole) => {
        await show(href);
        return shown(href, '', whole);
    };
}"""
