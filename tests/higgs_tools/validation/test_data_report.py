import re
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from higgs_challenge.tasks.higgs.events.columns import FEATURES, JET2_PHI, JET2_PT, PROCESSES
from higgs_challenge.tasks.higgs.simulation import simulate
from higgs_tools.validation import data_report, validate_data
from higgs_tools.validation.comparison_verdict import verdict
from higgs_tools.validation.documentation import write_figures
from higgs_tools.validation.earlier_rows import AUGUST, FINAL, JULY
from higgs_tools.validation.findings import Findings, validate
from higgs_tools.validation.moments import Moments, OfficialMoments
from higgs_tools.validation.official import Official
from higgs_tools.validation.responses import AXES, OfficialResponse, Point
from higgs_tools.validation.samples import Sample, is_held_out
from higgs_tools.validation.targets import REGION_YIELDS
from tests.helpers.commands import call
from tests.helpers.handmade import official_frame, physical_rows, write_official
from tests.helpers.outline import Outline, outline_without_strangers

pytestmark = pytest.mark.slow

EVENTS = dict.fromkeys(PROCESSES, 3_000)
VBF, UNIT, BOTH = "mT >= 70, VBF", Moments(1e6, np.zeros(28), np.ones(28)), Point(1.01, 0.99, 2.0)
MAX_BYTES = 5_000_000


@pytest.fixture(scope="module")
def without_real_rows() -> list[Findings]:
    return validate(Official(), {}, EVENTS, seed=1)


@pytest.fixture(scope="module")
def with_all_samples() -> list[Findings]:
    rng = np.random.default_rng(1)
    july = physical_rows(rng, 120)
    july[:, JET2_PT : JET2_PHI + 1] = np.nan
    rows = {
        FINAL: Sample(physical_rows(rng, 90), np.linspace(1.0, 1.1, 90), is_held_out(np.arange(90))),
        AUGUST: Sample.of_equal_weights(physical_rows(rng, 40)),
        JULY: Sample(july, np.ones(120), is_held_out(np.arange(120))),
    }
    everywhere = dict.fromkeys([*AXES, BOTH], 0.01)
    official = Official(
        {"ttbar": rows},
        [OfficialMoments(VBF, processes, UNIT) for processes in (("ttbar",), ("htautau", "ttbar"))],
        [OfficialResponse(VBF, "ttbar", 16_769.0, everywhere)],
    )
    particle = {"ttbar": Sample.of_equal_weights(simulate("ttbar", 2_000, 9))}
    return validate(official, particle, EVENTS, seed=1)


def page_of(findings: list[Findings]) -> str:
    return data_report.render_report(findings, lambda done: None)


@pytest.fixture(scope="module")
def page(with_all_samples: list[Findings]) -> str:
    return page_of([one for one in with_all_samples if one.process == "ttbar"])


def test_page_has_a_picture_of_every_column(page: str) -> None:
    titles = re.findall("<h3>(.*?)</h3>\n<svg", page)
    assert [title for title in titles if title in FEATURES] == list(FEATURES)
    assert page.count("<svg") == len(FEATURES) + 6  # yields, two of moments, two of correlations, responses
    assert len(page.encode()) < MAX_BYTES / len(PROCESSES)


def test_page_is_whole_and_needs_nothing_from_outside(page: str) -> None:
    outline = outline_without_strangers(page, data="data:image/png;base64,")
    links = {value[1:] for name, value in outline.attributes if name == "href" and value.startswith("#")}
    names = {value for name, value in outline.attributes if name == "id"}
    assert {"checks", "ttbar"} <= links & names


def test_page_shows_every_comparison(page: str) -> None:
    for region in REGION_YIELDS:
        assert region.replace("<", "&lt;").replace(">=", "≥").replace(">", "&gt;") in page
    samples = "90 (official file), 40 (2024-08), 120 (2024-07)"
    tables = ("Acceptance and jet multiplicity", "Most telling columns", "htautau + ttbar, mT ≥ 70, VBF: all columns")
    for words in ("held out", "open to tuning", "Particle-level events", "official, full statistics", samples, *tables):
        assert words in page
    for word in ("nan", "None", "inf<"):
        assert word not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)


def test_moments_and_responses_of_full_statistics_are_checked(with_all_samples: list[Findings]) -> None:
    one = next(found for found in with_all_samples if found.process == "ttbar")
    assert [" + ".join(found.official.processes) for found in one.moments] == ["ttbar", "htautau + ttbar"]
    subjects = [check.subject for check in one.checks]
    assert subjects.count("Means of columns") == 2 * (1 + len(FEATURES))
    assert subjects.count("Nuisance response, full statistics") == len(AXES) + 1
    assert subjects.count("Classifier") == 1  # all rows of July: 80 of them are too few
    assert {BOTH, *AXES} == set(one.responses)
    assert not any(found.moments or found.official_responses for found in with_all_samples if found is not one)


def test_without_real_rows_the_page_says_so(without_real_rows: list[Findings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_report, "FEATURES", FEATURES[:2])
    page = page_of(without_real_rows)
    Outline(page)
    assert "No real rows were given" in page
    assert "Rows open to tuning" not in page
    assert "Classifier" not in page
    assert [name for name in PROCESSES if f'<h2 id="{name}">' in page] == list(PROCESSES)


def test_findings_repeat(without_real_rows: list[Findings]) -> None:
    again = validate(Official(), {}, EVENTS, seed=1)
    assert [one.checks for one in again] == [one.checks for one in without_real_rows]


def test_verdict_counts_and_names_the_worst(without_real_rows: list[Findings]) -> None:
    checks = [check for one in without_real_rows for check in one.checks]
    passed = [check for check in checks if check.passed]
    assert verdict(passed).startswith(f"All {len(passed)} checks pass")
    broken = passed[0]._replace(deviation=99.0, limit=1.0)
    words = verdict([*passed, broken])
    assert f"{len(passed)} of {len(passed) + 1} checks pass, 1 fail: 1 of region yields" in words
    assert f"{broken.name} of {broken.process}" in words


def test_pictures_of_the_documentation_are_small(with_all_samples: list[Findings], tmp_path: Path) -> None:
    write_figures([one for one in with_all_samples if one.process in ("ztautau", "ttbar")], tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    always = {f"{kind}_{process}.png" for kind in ("nuisances", "yields") for process in ("ztautau", "ttbar")}
    assert names == always | {"kinematics_ttbar.png", "moments_high_ttbar.png", "moments_high_htautau_ttbar.png"}
    for path in tmp_path.iterdir():
        assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        assert path.stat().st_size < 200_000


def run(*arguments: str) -> int:
    with (
        mock.patch.dict(validate_data.COUNTED_EVENTS, EVENTS),
        mock.patch.object(data_report, "FEATURES", FEATURES[:1]),
    ):
        return call("validate-data", *arguments)


def test_command_reads_the_folder_that_is_named(tmp_path: Path) -> None:
    folder = write_official(tmp_path / "official", official_frame(120)).parent
    assert run("--official", str(folder), "--output", str(tmp_path / "new" / "data.html")) == 0
    assert "30 htautau, 30 ztautau, 30 diboson, 30 ttbar" in (tmp_path / "new" / "data.html").read_text()


def test_command_names_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--official", str(tmp_path)) == 2
    assert "holds no official file" in capsys.readouterr().err
    assert run("--pythia", str(tmp_path)) == 2
    assert "contains no pythia_PROCESS.parquet" in capsys.readouterr().err
    assert run("--official", str(tmp_path / "nowhere")) == 2
    assert "nowhere' does not exist" in capsys.readouterr().err
