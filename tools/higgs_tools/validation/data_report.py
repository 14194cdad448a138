"""data.html: how close the synthetic events are to the official data, in one file that needs nothing else."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from higgs_challenge.execution.progress import Advance
from higgs_challenge.tasks.higgs.events.columns import FEATURES, MISSING
from higgs_scoring.colours import stand_in
from higgs_scoring.html_pages import html_page
from higgs_scoring.svg_canvas import as_svg
from higgs_tools.validation.checks import Check
from higgs_tools.validation.comparison_verdict import SYMBOLS, explanation, number, verdict
from higgs_tools.validation.findings import Findings
from higgs_tools.validation.histograms import draw_column
from higgs_tools.validation.regions import column
from higgs_tools.validation.samples import Sample
from higgs_tools.validation.summaries import draw_correlations, draw_responses, draw_yields, regions_to_draw
from higgs_tools.validation.tables import (
    check_table,
    particle_table,
    quality_table,
    response_table,
    unphysical_table,
    yield_table,
)

REPORT_CSS = """
body { max-width: 84rem; }
h2 { font-size: 1.35rem; } h3.part { margin: 2rem 0 .2rem; font-size: 1.05rem; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.4rem; margin: 1rem 0; }
a { color: var(--covers); }
.wide { overflow-x: auto; }
table { font-size: .92rem; }
th, td { padding: .28rem .9rem .28rem 0; white-space: nowrap; }
thead th, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 500; } thead th.text { text-align: left; }
tr.failed td.result { color: var(--misses); font-weight: 600; }
details { margin: .6rem 0; } summary { cursor: pointer; padding: .3rem 0; }
.big { grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr)); }
.synthetic { color: var(--covers); } .other { color: var(--misses); }
"""


def render_report(findings: Sequence[Findings], progress: Advance) -> str:
    """Write the page.

    Args:
        findings: of each process.
        progress: called with the number of processes done.

    Returns:
        HTML, with pictures and style inside.
    """
    checks = [check for one in findings for check in one.checks]
    parts = [
        "<h1>HiggsML Uncertainty Challenge: synthetic and official events</h1>",
        f'<p class="verdict">{escape(verdict(checks))}</p>',
        f"<p>{escape(explanation(findings))}</p>",
        _navigation(findings),
        f'<h2 id="checks">All checks</h2>\n{check_table(checks)}',
    ]
    for done, one in enumerate(findings, start=1):
        parts += _process(one)
        progress(done)
    return html_page("Synthetic and official events", "\n".join(parts), css=REPORT_CSS)


def _navigation(findings: Iterable[Findings]) -> str:
    links = [f'<a href="#{one.process}">{SYMBOLS[one.process]}</a>' for one in findings]
    return f'<nav><a href="#checks">all checks</a> {" ".join(links)}</nav>'


def _process(one: Findings) -> Iterator[str]:
    yields = [check for check in one.checks if check.subject == "Region yields"]
    yield f'<h2 id="{one.process}">{SYMBOLS[one.process]}: {one.process}</h2>\n<p>{escape(_samples(one))}</p>'
    yield _part("Yields by region", yield_table(yields) + _pictures([_yield_picture(one, yields)], "big"))
    if one.qualities:
        yield _part("Rows open to tuning and rows held out", quality_table(one.qualities))
    yield _part("Every column", f"<p>{_legend(one)}</p>" + _pictures(_column_pictures(one)))
    yield _part("Rank correlations", _pictures(_correlation_pictures(one), "big"))
    if one.particle is not None:
        yield _part("Particle-level events behind our detector step", particle_table(one.synthetic, one.particle))
    yield _part("Response to nuisance parameters", _response_picture(one) + response_table(one))
    yield _part("Unphysical rows", unphysical_table(one.unphysical))


def _part(title: str, content: str) -> str:
    return f'<h3 class="part">{title}</h3>\n{content}'


def _samples(one: Findings) -> str:
    text = f"{number(one.synthetic.total)} synthetic events for the yields, {_rows(one.synthetic.sample)} of them below"
    if one.real is not None:
        text += f"; {_rows(one.real)} real rows"
    if one.particle is not None:
        text += f"; {_rows(one.particle)} particle-level events"
    return text + "."


def _rows(sample: Sample) -> str:
    return number(len(sample.rows))


def _legend(one: Findings) -> str:
    parts = ['<span class="synthetic">Filled:</span> synthetic events']
    if one.real is not None:
        parts.append("points: real rows with Poisson errors of 68 %")
    if one.particle is not None:
        parts.append('<span class="other">line:</span> particle-level events behind our detector step')
    scale = "rows" if one.real is not None or one.particle is not None else "events"
    return (
        f"{', '.join(parts)}. The vertical axis counts {scale} a bin, with what lies outside in the outer bins; below "
        "is the ratio to the synthetic events."
    )


def _pictures(figures: Iterable[str], kind: str = "") -> str:
    return f'<div class="pictures {kind}">\n{"".join(figures)}</div>'


def _figure(title: str, svg: str, caption: str) -> str:
    return f"<figure>\n<h3>{escape(title)}</h3>\n{svg}<figcaption>{escape(caption)}</figcaption>\n</figure>\n"


def _yield_picture(one: Findings, yields: Sequence[Check]) -> str:
    caption = "Bars are the statistical errors of the synthetic events; grey is what is allowed."
    return _figure("Synthetic to official", as_svg(draw_yields(yields, stand_in), "Yield ratios"), caption)


def _column_pictures(one: Findings) -> Iterator[str]:
    p_values = one.qualities[0].p_values if one.qualities else {}
    for name in FEATURES:
        figure = draw_column(name, one.synthetic.sample, one.real, one.particle)
        caption = _defined_share(one, name)
        if name in p_values:
            caption += f"Kolmogorov and Smirnov: p = {p_values[name]:.2g}."
        yield _figure(name, as_svg(figure, f"Histogram of {name}, {one.process}"), caption)


def _defined_share(one: Findings, name: str) -> str:
    """Say in how many events a column exists, where that is not all of them."""
    shares = {
        label: float((column(sample.features, name) != MISSING).mean())
        for label, sample in (("synthetic", one.synthetic.sample), ("real", one.real), ("particle-level", one.particle))
        if sample is not None
    }
    if min(shares.values()) == 1:
        return ""
    return "In " + ", ".join(f"{100 * share:.1f} % of {label}" for label, share in shares.items()) + " events. "


def _correlation_pictures(one: Findings) -> Iterator[str]:
    both, difference = draw_correlations(one.synthetic.sample, one.real, stand_in)
    where = "Below the diagonal synthetic events, above it real rows" if difference else "Synthetic events"
    caption = f"{where}; orange is positive, blue negative, full colour is 1."
    yield _figure("Correlations", as_svg(both, f"Rank correlations, {one.process}"), caption)
    if difference is not None:
        caption = "Real minus synthetic in standard errors of the real rows; full colour is 4."
        yield _figure("Differences", as_svg(difference, f"Differences of correlations, {one.process}"), caption)


def _response_picture(one: Findings) -> str:
    figures = {
        region: draw_responses(one.responses, one.real_responses, [region], stand_in)
        for region in regions_to_draw(one.responses)
    }
    legend = "Bars: synthetic events. Points, where there are real rows: with errors of the rows that enter or leave."
    return f"<p>{legend}</p>" + _pictures(
        _figure("Change of yields", as_svg(figure, f"Nuisance response, {region}, {one.process}"), "")
        for region, figure in figures.items()
    )
