"""What README.md and docs/ name exists: links, files, make targets, their values, options of programs."""

import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from matplotlib.image import imread

from higgs_tools.commands.group import ENTRIES
from higgs_tools.pictures import picture_of_report
from higgs_tools.pictures.draw_architecture import draw_architecture
from higgs_tools.pictures.draw_shared_events import draw_shared_events
from tests.helpers.commands import COMMAND, call
from tests.helpers.repository import ROOT
from tests.helpers.web_addresses import is_web_address

GUIDES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md")
DOCUMENTS = [*(ROOT / name for name in GUIDES), *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
PACKAGES = [ROOT / "ingestion_program" / "higgs_challenge", ROOT / "tools" / "higgs_tools"]
TITLES = {"architecture", "participants", "organisers", "cluster", "differences", "data", "scoring", "isolation"}

FROM_ELSEWHERE = {
    # Written by a command, on another machine, or by somebody else's program.
    *("build/", "/app/", "/shared/", "/dev/", "/codabench", "/etc/", "/var/", "/tmp", "/api/", "results/", "store/"),
    *("path/to/", "OUTPUT/"),
}
OTHER_PROGRAMS = ("podman", "dask", "srun", "SBATCH", "docker", "nvidia-ctk", "taskset")
OTHER_OPTIONS = {"--gpus", "--memory-limit", "--env-file", "--nthreads"}
"""Of Dask, Slurm and Docker, named within sentences."""

PACKAGE_FOLDERS = ("ingestion_program/higgs_challenge", "scoring_program", "tools/higgs_tools")

MADE_FILES = {
    *("model.py", "settings.yaml", "truth.json", "true_nuisances.json", "scores.json", "detailed_results.html"),
    *("ingestion_summary.json", "croissant.json", "leaderboard.csv", "leaderboard.html", "submission.log", "data.html"),
    *(
        "result_0.json",
        "result_1.json",
        "my_submission.zip",
        "starting_kit.zip",
        "FAIR_Universe_HiggsML_data.parquet",
        "official_moments.json",
        "official_responses.json",
        "official_PROCESS.parquet",
        "trained_model.pt",
        "table.md",
        "table.html",
        ".env",
        "manage.py",
        "docker-compose.yml",
    ),
}
"""Files that runs, people or the official data bring."""


def blocks(document: Path) -> tuple[str, list[str]]:
    """The prose of a document, and the lines of its code blocks."""
    prose, code = [], []
    for token in MarkdownIt("commonmark").enable("table").parse(document.read_text(encoding="utf-8")):
        if token.type in ("code_block", "fence"):
            code += token.content.replace("\\\n", " ").splitlines()
        elif token.type == "inline":
            prose.append(token.content)
    return "\n".join(prose), code


def spans(document: Path) -> list[str]:
    """Everything that a document shows as code: in its prose, and the lines of its blocks."""
    prose, code = blocks(document)
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)] + code


def anchors(document: Path) -> set[str]:
    """The anchors that a Markdown viewer gives to headings."""
    found = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def links(document: Path) -> list[str]:
    text = document.read_text(encoding="utf-8")
    return [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'<img [^>]*src="([^"]+)"', text)]


@pytest.fixture(scope="module")
def makefile() -> str:
    return (ROOT / "Makefile").read_text()


def test_the_documents_are_there():
    assert {f"docs/{title}.md" for title in TITLES} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    document = ROOT / name
    for link in links(document):
        if "://" in link:
            assert is_web_address(link), f"{name}: {link} is not a well-formed https address"
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.is_relative_to(ROOT), link
        assert target.is_file(), f"{name} links {link}, which does not exist"
        if anchor:
            assert anchor in anchors(target), f"{name} links {link}, which has no such heading"


@pytest.mark.parametrize("name", NAMES)
def test_named_sub_commands_exist(name):
    for span in spans(ROOT / name):
        for command in re.findall(r"higgs-challenge ([a-z][a-z-]*)", span):
            assert command in ENTRIES, f"{name}: higgs-challenge {command} is not a command"


@pytest.mark.parametrize("name", NAMES)
def test_every_document_is_linked(name):
    if name != "README.md":
        linked = {
            (document.parent / link.split("#")[0]).resolve() for document in DOCUMENTS for link in links(document)
        }
        assert ROOT / name in linked


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_and_their_values_exist(name, makefile):
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE))
    for span in spans(ROOT / name):
        for command in re.findall(r"(?:^|&& |\$ )\s*make ([^#&|]*)", span):
            words = re.findall(r'(?:[^\s"]|"[^"]*")+', command.replace(" ...", ""))
            assert words, span
            assert words[0] in targets, f"{name}: make {words[0]} is no target"
            for word in words[1:]:
                value, sign, _ = word.partition("=")
                assert sign, f"{name}: {span}"
                assert f"$({value})" in makefile or f"${{{value}}}" in makefile, f"{name}: make knows no {value}"


@pytest.mark.parametrize("name", NAMES)
def test_named_files_exist(name):
    everywhere = {path.name for path in files_of_the_project()}
    for span in spans(ROOT / name):
        for word in re.findall(r"[\w./*-]+", span):
            if not is_file_name(word) or word in MADE_FILES or word.startswith(tuple(FROM_ELSEWHERE)):
                continue
            if "/" in word:
                folders = [ROOT, *PACKAGES, ROOT / "scoring_program"]
                assert any(list(folder.glob(word)) for folder in folders), f"{name}: {word} does not exist"
            else:
                assert word in everywhere, f"{name}: {word} does not exist"


def is_file_name(word: str) -> bool:
    return bool(re.search(r"\.(py|md|yaml|json|html|csv|png|svg|parquet|zip|toml|txt|log|pt)$", word)) or (
        word.endswith("/") and word.strip("./*").replace("/", "").replace("_", "").isalpha()
    )


def files_of_the_project() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:  # no checkout: a copy of the files
        return [path for path in ROOT.rglob("*") if ".venv" not in path.parts]
    return [ROOT / line for line in listed.stdout.splitlines()]


def test_options_exist():
    helps: dict[str, str] = {}
    for document in DOCUMENTS:
        for span in spans(document):
            options = re.findall(r"(?<![\w-])--[a-z][a-z-]*", span)
            if not options or any(program in span for program in OTHER_PROGRAMS) or set(options) <= OTHER_OPTIONS:
                continue
            program = re.search(r"([\w/]+\.py)|higgs-challenge ((?:draw )?[a-z-]+)", span)
            named = (program[1] or program[2]) if program else "run"
            assert set(options) <= known_options(named, helps), f"{document.name}: {span}"


def known_options(program: str, helps: dict[str, str]) -> set[str]:
    """The options of a file, or of a sub-command, as its --help shows them."""
    if program not in helps:
        command = [sys.executable, program] if program.endswith(".py") else [*COMMAND, *program.split()]
        done = subprocess.run([*command, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=120)
        if done.returncode:
            # The benchmarks take no options but those that their sources name.
            helps[program] = (ROOT / program).read_text()
        else:
            helps[program] = done.stdout
    return set(re.findall(r"--[a-z][a-z-]*", helps[program]))


@pytest.mark.parametrize(
    ("name", "draw", "word"),
    [("architecture", draw_architecture, "submission"), ("shared_events", draw_shared_events, "official file")],
)
def test_a_picture_is_what_its_script_draws(tmp_path, name, draw, word):
    draw(tmp_path / "one.svg")
    draw(tmp_path / "two.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    committed = (ROOT / "docs" / f"{name}.svg").read_text()
    assert len(committed) < 200_000
    words = [re.findall(r">([^<>\n]+)</text>", text) for text in (committed, (tmp_path / "one.svg").read_text())]
    assert words[0] == words[1]
    assert word in words[0]


def test_the_picture_of_a_report_is_small():
    content = (ROOT / "docs" / "report.png").read_bytes()
    assert len(content) < 300_000
    height, width = imread(io.BytesIO(content)).shape[:2]
    assert (width, height) == (picture_of_report.WIDTH, picture_of_report.HEIGHT)


def test_a_missing_report_is_an_error(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(picture_of_report.shutil, "which", lambda name: "browser")
    output = tmp_path / "report.png"
    assert call("draw", "report", tmp_path / "no.html", "--output", output) == 2
    assert "no.html: is missing; make run writes it" in capsys.readouterr().err
    assert not output.exists()
