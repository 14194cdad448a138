"""data.html: how close the synthetic events are to the official data, in one self-contained file."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup

from higgs_challenge.execution.progress import Advance
from higgs_challenge.tasks.higgs.events.columns import FEATURES
from higgs_scoring.colours import stand_in
from higgs_scoring.html_pages import html_page
from higgs_scoring.svg_canvas import as_svg
from higgs_tools.validation.agreement import column_p_value
from higgs_tools.validation.checks import Check
from higgs_tools.validation.comparison_verdict import SYMBOLS, explanation, number, verdict
from higgs_tools.validation.findings import Findings
from higgs_tools.validation.fragments import Figure, pictures, render
from higgs_tools.validation.histograms import draw_column
from higgs_tools.validation.official_pictures import draw_moments, draw_responses, regions_to_draw
from higgs_tools.validation.official_tables import moment_table, response_table, share_table
from higgs_tools.validation.samples import Sample
from higgs_tools.validation.summaries import draw_correlations, draw_yields
from higgs_tools.validation.tables import (
    check_table,
    particle_table,
    quality_table,
    separation_table,
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


class ProcessSection(NamedTuple):
    """The section of one process.

    Attributes:
        name: of the process.
        symbol: of the process, for people.
        samples: the sizes of its samples, in a sentence.
        parts: title and HTML of each part.
    """

    name: str
    symbol: str
    samples: str
    parts: Sequence[tuple[str, Markup]]


def render_report(findings: Sequence[Findings], progress: Advance) -> str:
    """Make the page.

    Args:
        findings: of each process.
        progress: called with the number of processes done.

    Returns:
        HTML, with pictures and style inside.
    """
    checks = [check for one in findings for check in one.checks]
    sections = []
    for done, one in enumerate(findings, start=1):
        sections.append(ProcessSection(one.process, SYMBOLS[one.process], _samples(one), list(_parts(one))))
        progress(done)
    body = render(
        "data_report.html",
        verdict=verdict(checks),
        explanation=explanation(findings),
        checks=check_table(checks),
        processes=sections,
    )
    return html_page("Synthetic and official events", body, css=REPORT_CSS)


def _parts(one: Findings) -> Iterator[tuple[str, Markup]]:
    yields = [check for check in one.checks if check.subject == "Region yields"]
    yield "Yields by region", yield_table(yields) + pictures([_yield_picture(yields)], "big")
    yield "Acceptance and jet multiplicity", share_table(one)
    if one.moments:
        yield "Moments in the VBF regions", pictures(_moment_pictures(one), "big") + moment_table(one.moments)
    if one.qualities:
        yield "Rows open to tuning and rows held out", quality_table(one.qualities)
        if any(quality.separation for quality in one.qualities):
            yield "Real or synthetic: what a classifier sees", separation_table(one.qualities)
    legend = render("legend.html", real=one.real is not None, particle=one.particle is not None)
    yield "Every column", legend + pictures(_column_pictures(one))
    yield "Rank correlations", pictures(_correlation_pictures(one), "big")
    if one.particle is not None:
        yield "Particle-level events after our detector step", particle_table(one.synthetic, one.particle)
    yield "Response to nuisance parameters", _response_pictures(one) + response_table(one)
    yield "Unphysical rows", unphysical_table(one.unphysical)


def _samples(one: Findings) -> str:
    text = f"{number(one.synthetic.total)} synthetic events for the yields, {_rows(one.synthetic.sample)} of them below"
    if one.samples:
        text += "; real rows: " + ", ".join(f"{_rows(sample)} ({name})" for name, sample in one.samples.items())
    if one.particle is not None:
        text += f"; {_rows(one.particle)} particle-level events"
    return text + "."


def _rows(sample: Sample) -> str:
    return number(len(sample.rows))


def _figure(title: str, svg: str, caption: str) -> Figure:
    return title, Markup(svg), caption


def _yield_picture(yields: Sequence[Check]) -> Figure:
    caption = "Bars are the statistical errors of the synthetic events; grey is the tolerance."
    return _figure("Synthetic to official", as_svg(draw_yields(yields, stand_in), "Yield ratios"), caption)


def _column_pictures(one: Findings) -> Iterator[Figure]:
    for name in FEATURES:
        figure = draw_column(name, one.synthetic.sample, one.real, one.particle)
        caption = _defined_share(one, name)
        p_value = column_p_value(name, one.real, one.synthetic.sample) if one.real else None
        if p_value is not None:
            caption += f"Kolmogorov-Smirnov test: p = {p_value:.2g}."
        yield _figure(name, as_svg(figure, f"Histogram of {name}, {one.process}"), caption)


def _defined_share(one: Findings, name: str) -> str:
    """Return in which share of events a column exists; empty if in all of them."""
    shares = {
        label: len(sample.defined(name)[0]) / len(sample.known(name)[0])
        for label, sample in (("synthetic", one.synthetic.sample), ("real", one.real), ("particle-level", one.particle))
        if sample is not None
    }
    if min(shares.values()) == 1:
        return ""
    return "In " + ", ".join(f"{100 * share:.1f} % of {label}" for label, share in shares.items()) + " events. "


def _correlation_pictures(one: Findings) -> Iterator[Figure]:
    both, difference = draw_correlations(one.synthetic.sample, one.real, stand_in)
    where = "Below the diagonal: synthetic events; above: real rows" if difference else "Synthetic events"
    caption = f"{where}; orange is positive, blue negative, full colour is 1."
    yield _figure("Correlations", as_svg(both, f"Rank correlations, {one.process}"), caption)
    if difference is not None:
        caption = "Real minus synthetic in standard errors of the real rows; full colour is 4."
        yield _figure("Differences", as_svg(difference, f"Differences of correlations, {one.process}"), caption)


def _moment_pictures(one: Findings) -> Iterator[Figure]:
    for found in one.moments:
        title = f"{' + '.join(found.official.processes)}, {found.official.region.replace('>=', '≥')}"
        caption = f"R.m.s. of the shifts {found.shifts.rms:.3f}. Bars are statistical errors, grey is what is checked."
        yield _figure(title, as_svg(draw_moments(found, stand_in), f"Moments, {title}"), caption)


def _response_pictures(one: Findings) -> Markup:
    legend = (
        "Lines: synthetic events, with a band of one standard error of the events that enter or leave. Points: "
        + ("official, full statistics." if one.official_responses else "real rows, if any, with such errors.")
    )
    svg = as_svg(draw_responses(one, regions_to_draw(one), stand_in), f"Nuisance response, {one.process}")
    return Markup("<p>{}</p>\n").format(legend) + pictures([_figure("Change of yields", svg, "")], "big")
