"""The pages read well on Codabench: formulas survive, links lead somewhere public, and numbers are the code's."""

import html
import inspect
import math
import re
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from higgs_challenge.errors import InputError
from higgs_challenge.experiments import load_settings
from higgs_challenge.submission import answer, log
from higgs_challenge.tasks.higgs.events import columns, selection
from higgs_challenge.tasks.higgs.events.nuisances import PRIORS, Nuisances, Prior
from higgs_challenge.tasks.higgs.events.systematics import systematics
from higgs_challenge.tasks.higgs.simulation import NOMINAL_YIELDS
from higgs_scoring import bootstrap, metrics, ranking, truth
from higgs_tools.bundle import pages, preview_pages
from higgs_tools.bundle.competition_file import Competition
from higgs_tools.bundle.rules import parse_competition
from tests.helpers.commands import call
from tests.helpers.web_addresses import is_web_address

PAGES = ("overview", "evaluation", "data", "starting_kit", "terms")
FORMULA = re.compile(r"\$\$[\s\S]*?\$\$|\$[^$\n]*?\$")
KATEX_COMMANDS = {
    *("displaystyle", "frac", "left", "le", "ln", "lvert", "mathbf", "mu", "right", "rvert", "sigma", "sqrt", "sum"),
    "times",
}
"""Those that were seen in a browser."""


def read_competition(root: Path) -> Competition:
    competition = parse_competition(yaml.safe_load((root / "competition.yaml").read_text()))
    assert isinstance(competition, Competition)
    return competition


def render(root: Path, page: str) -> str:
    numbers = pages.page_numbers([root], read_competition(root))
    return pages.render_page(f"{page}.md", template(root, page), numbers)


def template(root: Path, page: str) -> str:
    return (root / "pages" / f"{page}.md").read_text(encoding="utf-8")


def row(page: str, first: str) -> str:
    (found,) = [line for line in page.splitlines() if line.startswith(f"| {first} |")]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_formulas_survive_markdown(root, page):
    # Codabench takes formulas out before Markdown; if it came after Markdown, it would find them too.
    text = render(root, page)
    formulas = FORMULA.findall(text)
    rendered = html.unescape(MarkdownIt("commonmark").enable("table").render(text))
    assert FORMULA.findall(rendered) == formulas
    assert "$" not in FORMULA.sub("", rendered)
    body = preview_pages.as_html(text)
    shown = re.findall(r'<(?:div|span) class="formula">(.*?)</', body, flags=re.DOTALL)
    assert [html.unescape(formula) for formula in shown] == [formula.strip("$") for formula in formulas]
    assert "%%" not in body
    assert "$" not in body


@pytest.mark.parametrize("page", PAGES)
def test_formulas_hold_what_katex_draws(root, page):
    for formula in FORMULA.findall(render(root, page)):
        assert set(re.findall(r"\\([A-Za-z]+)", formula)) <= KATEX_COMMANDS
        assert formula.count("{") == formula.count("}")
        assert len(re.findall(r"\\left\b", formula)) == len(re.findall(r"\\right\b", formula))


@pytest.mark.parametrize("page", PAGES)
def test_links_are_public_and_lasting(root, page):
    text = render(root, page)
    links = re.findall(r"https?://[^\s)\]]+", text)
    assert [link for link in links if not is_web_address(link)] == []
    # On Codabench a page is no file: nothing lies beside it.
    assert [target for target in re.findall(r"\]\(([^)]*)\)", text) if target not in links] == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_one_heading_and_no_gaps(root, page):
    text = render(root, page)
    prose = re.sub(r"```[\s\S]*?```", "", text)
    assert text.startswith("# ")
    assert len(re.findall(r"^# ", prose, flags=re.MULTILINE)) == 1
    assert not re.search(r"TODO|TBD|FIXME|lorem|\{\{|\{%", text)


def test_every_number_that_pages_can_name_is_named(root):
    """A constant that no page names any more has been written out by hand somewhere, or is not needed."""
    text = "".join(template(root, page) for page in PAGES)
    numbers = {group: gather() for group, gather in pages.page_numbers([root], read_competition(root)).items()}
    numbers["phase"] = next(iter(numbers.pop("phases").values()))
    numbers["environment"] = {key: value for key, value in numbers["environment"].items() if key != "versions"}
    unused = [f"{group}.{key}" for group, keys in numbers.items() for key in keys if not re.search(rf"\.{key}\b", text)]
    assert unused == []


def test_the_bundle_holds_rendered_pages(files, root):
    for page in PAGES:
        assert files[f"pages/{page}.md"].decode() == render(root, page)


@pytest.mark.parametrize("phase", ["Feedback", "Final"])
def test_phases_and_limits(root, phase):
    (said,) = [one for one in read_competition(root).phases if one.name == phase]
    settings = load_settings(root / "input_data" / phase.lower() / "settings.yaml")
    overview = row(render(root, "overview"), phase).split(" | ")
    assert overview[3:5] == [str(settings.num_of_sets), str(settings.num_pseudo_experiments)]
    assert [str(said.start), str(said.end or "open")] == overview[1:3]
    assert str(said.max_submissions) in overview[5]
    number = 1 if phase == "Feedback" else 2
    for page in ("evaluation", "starting_kit"):
        limits = {line[0].strip("| "): line[number].strip("| ") for line in cells(render(root, page)) if len(line) == 3}
        assert limits["One call of `fit`"] == f"{settings.limits.fit_seconds / 3600:g} hour"
        assert limits["One call of `predict`"] == f"{settings.limits.predict_seconds / 60:g} minute"
        assert limits["The whole run"] == f"{settings.limits.total_seconds / 3600:g} hours"
        assert limits["Memory of one worker"] == f"{settings.limits.memory_gigabytes:g} GB"


def cells(page: str) -> list[list[str]]:
    return [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("|")]


@pytest.mark.parametrize(("phase", "sets"), [("Feedback", 10), ("Final", 1000)])
def test_coverage_that_costs_nothing(root, phase, sets):
    low, high = metrics.allowed_coverage(sets * 100)
    (line,) = [one for one in cells(render(root, "evaluation")) if one[0] == phase]
    assert line[1].replace(" ", "") == str(sets * 100)
    assert line[3] == f"{low:.4f} to {high:.4f}"


def test_examples_of_scores_follow_from_the_formulas_on_the_page(root):
    text = render(root, "evaluation")
    powers = [int(power) for power in re.findall(r"\\rvert\^(\d)", text)]
    offset = float(re.search(r"\(w \+ ([\d.]+)\) f\(c\)", text)[1])
    width = float(re.search(r"intervals of mean width ([\d.]+):", text)[1])
    zone = int(re.search(r"c_\{-\} = [\d.]+ - (\d)\\sigma", text)[1])
    examples = [re.match(r"([\d.]+) \$\\sigma\$ too (low|high)", line[0]) for line in cells(text)]
    lines = [(found, line) for found, line in zip(examples, cells(text), strict=True) if found]
    assert len(lines) == 3
    for found, line in lines:
        penalty = 1 + (float(found[1]) - zone) ** powers[found[2] == "high"]
        assert float(line[3]) == pytest.approx(penalty, abs=6e-4)
        assert float(line[4]) == pytest.approx(-math.log((width + offset) * penalty), abs=6e-3)


@pytest.mark.parametrize("name", PRIORS)
def test_a_nuisance_parameter(root, name):
    prior = PRIORS[name]
    line = row(render(root, "data"), f"`{name}`")
    assert f"{prior.shape}" in line
    assert f"mean {prior.centre:g}, width {prior.width:g} |" in line
    assert f"| {prior.low:g} to {prior.high:g}" in line
    assert f"| {getattr(Nuisances(), name):g} |" in line


@pytest.mark.parametrize("process", columns.PROCESSES)
def test_a_process(root, process):
    line = row(render(root, "data"), f"`{process}`").replace(" ", "")
    assert line.startswith(f"|`{process}`|{int(process == columns.SIGNAL)}|{NOMINAL_YIELDS[process]:.0f}|")


def test_every_feature_is_named_once_in_a_table(root):
    named = [name for line in cells(render(root, "data")) for name in re.findall(r"`((?:PRI|DER)_\w+)`", line[0])]
    assert named == list(columns.FEATURES)


def test_calls_are_those_of_the_code(root):
    (said,) = re.findall(r"`systematics\((.*?)\)`", render(root, "data"))
    for word in said.split(", ")[1:]:
        name, default = word.split("=")
        assert repr(inspect.signature(systematics).parameters[name].default) == default


def test_the_code_on_the_page_answers(root):
    (code,) = re.findall(r"```python\n([\s\S]*?)```", render(root, "starting_kit"))
    space: dict = {}
    exec(code, space)
    model = space["Model"](get_train_set=None, systematics=None)
    model.fit()
    assert answer.check_answer(model.predict({"data": None, "weights": None})).p16 == 0.56


CHANGES = {
    "target": (metrics, "TARGET_COVERAGE", 0.9, "overview", "90 % confidence interval"),
    "width offset": (metrics, "WIDTH_OFFSET", 0.25, "evaluation", "(w + 0.25) f(c)"),
    "dead zone": (metrics, "DEAD_ZONE_SIGMAS", 3, "evaluation", r"0.6827 - 3\sigma"),
    "bootstraps": (bootstrap, "RESAMPLES", 77, "evaluation", "resampled 77 times"),
    "winners": (ranking, "BEATS", 0.99, "evaluation", "more than\n99 % of the draws"),
    "losers": (ranking, "LOSES", 0.01, "evaluation", "from 1 % to"),
    "largest answer": (truth, "MAX_VALUE", 5e3, "evaluation", "counts as 5 000"),
    "log": (log, "MAX_LOG_BYTES", 7_000_000, "starting_kit", "7 MB"),
    "tau threshold": (selection, "TAU_THRESHOLD", 27.5, "data", "`PRI_had_pt` below 27.5 GeV"),
    "lepton threshold": (selection, "LEPTON_THRESHOLD", 21.0, "data", "21 GeV are dropped"),
    "jet threshold": (selection, "JET_THRESHOLD", 33.0, "data", "jets below 33 GeV"),
    "missing value": (columns, "MISSING", -99.0, "data", "set to -99."),
}


@pytest.mark.parametrize(("module", "name", "value", "page", "expected"), CHANGES.values(), ids=CHANGES.keys())
def test_a_changed_constant_changes_the_page(root, monkeypatch, module, name, value, page, expected):
    assert expected not in render(root, page)
    monkeypatch.setattr(module, name, value)
    assert expected in render(root, page)


def test_a_changed_table_of_constants_changes_the_page(root, monkeypatch):
    monkeypatch.setitem(PRIORS, "jes", Prior("normal", 1.5, 0.07, 0.3, 1.9))
    monkeypatch.setitem(NOMINAL_YIELDS, "ttbar", 1234567.0)
    page = render(root, "data")
    assert "normal, mean 1.5, width 0.07 | 0.3 to 1.9 | 1 |" in row(page, "`jes`")
    assert "| 1 234 567 |" in row(page, "`ttbar`")


SETTINGS = {
    "sets": ("num_of_sets: 20\n", "num_of_sets: 7\n", "overview", "| 7 | 100 |"),
    "pseudo-experiments": ("num_pseudo_experiments: 100", "num_pseudo_experiments: 3", "evaluation", "| Final | 60 |"),
    "run": ("total_seconds: 79200", "total_seconds: 10800", "evaluation", "| 2 hours | 3 hours |"),
    "each": ("total_seconds: 79200", "total_seconds: 400", "evaluation", "phase, 0.2 in the final one"),
    "fit": ("fit_seconds: 3600", "fit_seconds: 90", "starting_kit", "| 1 hour | 90 seconds |"),
    "predict": ("predict_seconds: 60", "predict_seconds: 0.5", "evaluation", "| 1 minute | 0.5 seconds |"),
    "memory": ("predict_seconds: 60", "predict_seconds: 60, memory_gigabytes: 9", "starting_kit", "| 32 GB | 9 GB |"),
}


@pytest.mark.parametrize(("old", "new", "page", "expected"), SETTINGS.values(), ids=SETTINGS.keys())
def test_changed_settings_change_the_page(project, old, new, page, expected):
    path = project / "input_data" / "final" / "settings.yaml"
    assert old in path.read_text()
    assert expected not in render(project, page)
    path.write_text(path.read_text().replace(old, new))
    assert expected in render(project, page)


def test_a_changed_competition_changes_the_page(project):
    path = project / "competition.yaml"
    path.write_text(path.read_text().replace("max_submissions_per_day: 5", "max_submissions_per_day: 6"))
    assert "| 6 a day" in render(project, "overview")


def test_a_phase_without_a_limit_of_its_own_shows_the_platforms(project):
    path = project / "input_data" / "feedback" / "settings.yaml"
    path.write_text(path.read_text().replace(", total_seconds: 7200", ""))
    assert "| The whole run | 125 minutes |" in render(project, "evaluation")


WRONG = {
    "unknown group": ("{{ physics.mass }}", "physics"),
    "unknown number": ("{{ score.targets }}", "targets"),
    "unknown phase": ("{{ phases.finals.sets }}", "finals"),
    "open braces": ("a\n{{ score.target", "line 2"),
}


@pytest.mark.parametrize(("text", "expected"), WRONG.values(), ids=WRONG.keys())
def test_an_unknown_name_is_reported_with_its_page(root, text, expected):
    numbers = pages.page_numbers([root], read_competition(root))
    with pytest.raises(InputError, match=rf"some\.md.*{expected}"):
        pages.render_page("some.md", text, numbers)


def test_missing_settings_are_reported(project):
    (project / "input_data" / "final" / "settings.yaml").unlink()
    with pytest.raises(InputError, match=r"There is no .*final/settings.yaml.*phase Final"):
        render(project, "overview")


def test_a_page_gathers_only_what_it_names(root, monkeypatch):
    monkeypatch.setattr(pages, "gather_data", lambda *folders: pytest.fail("gathered"))
    numbers = pages.page_numbers([root], read_competition(root))
    assert pages.render_page("some.md", "{{ phases.final.sets }} of {{ score.percent }}", numbers) == "1000 of 68.27"


def preview(project: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(project)
    return call("pages", "--output", project / "build" / "pages", "--katex", "https://example.org")


def test_previews_are_written(project, monkeypatch):
    assert preview(project, monkeypatch) == 0
    written = sorted(path.name for path in (project / "build" / "pages").iterdir())
    assert written == sorted(f"{page}.{kind}" for page in PAGES for kind in ("html", "md"))
    page = (project / "build" / "pages" / "data.html").read_text()
    assert "<td><code>htautau</code></td>" in page
    assert 'src="https://example.org/katex.min.js"' in page
    assert (project / "build" / "pages" / "data.md").read_text() == render(project, "data")


def test_a_wrong_page_leaves_no_preview(project, monkeypatch, capsys):
    (project / "pages" / "terms.md").write_text("# Terms\n{{ score.nothing }}\n")
    assert preview(project, monkeypatch) == 2
    assert "pages/terms.md: names what there is not" in capsys.readouterr().err
    assert not (project / "build").exists()


def test_code_is_shown_as_it_stands():
    body = preview_pages.as_html("# T\n\n```python\na = {'b': '<$c$>'}\n```\n\n$x < y$\n")
    assert html.unescape(re.search(r"<pre><code>([\s\S]*?)</code>", body)[1]) == "a = {'b': '<$c$>'}\n"
    assert '<span class="formula">x &lt; y</span>' in body


def test_bundle_of_a_wrong_page_is_refused(project, monkeypatch, capsys):
    (project / "pages" / "data.md").write_text("# Data\n{{ data.nuisance }}\n")
    monkeypatch.chdir(project)
    assert call("bundle", "--output", project / "build" / "bundle.zip") == 2
    assert "pages/data.md: names what there is not" in capsys.readouterr().err
    assert not (project / "build" / "bundle.zip").exists()
