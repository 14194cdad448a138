"""A results file is read back as it was written, and refused where anything in it is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from higgs_challenge.errors import InputError
from higgs_tools.baselines.result_file import ResultFile, read_result, read_results, write_result
from tests.helpers.made_results import made_content, made_result


def test_a_file_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    result = made_result("mine", training_seed=2)
    path = tmp_path / "results" / "mine-seed2.json"
    write_result(path, result)
    assert read_result(path) == result
    assert [one.name for one in path.parent.iterdir()] == ["mine-seed2.json"]
    lines = path.read_text().splitlines()
    assert json.loads(path.read_text())["answers"]["p16"] == result.answers.p16
    assert sum("[[" in line for line in lines) == 1  # all numbers in one line
    assert len(lines) < 100


def test_a_file_of_a_thousand_pseudo_experiments_is_small(tmp_path: Path) -> None:
    write_result(tmp_path / "mine.json", made_result("mine"))
    assert (tmp_path / "mine.json").stat().st_size * 1000 / 120 < 100_000


def spoilt(*keys: str, value: Any) -> dict[str, Any]:
    """The content of a file with another value under these keys."""
    content = made_content("mine")
    inner = content
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return content


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in made_content("mine").items() if name != key}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (without("scores"), "has no entry 'scores'"),
        (spoilt("extra", value=1), "extra is 1 but Extra inputs are not permitted"),
        (spoilt("format", value=2), "format is 2 but must be 1"),
        (spoilt("scores", "mae", "value", value="0.3"), r"scores\[mae\]\[value\] is '0.3' but must be a number"),
        (spoilt("scores", "coverage", "value", value=0.6827), "must give the scores of the file, of which coverage"),
        (spoilt("scores", "interval", "value", value=0.4), "must give the scores of the file, of which interval"),
        (spoilt("plan", "sets", value=5), "must have the sets and pseudo-experiments of the plan"),
        (spoilt("answers", "p16", value=[[1.0]] * 6), "must have the sets and pseudo-experiments of the plan"),
        (spoilt("flatness", "mu", "coverage", value=1.5), "but must be at most 1"),
        (spoilt("cost", "fit_seconds", value=-1.0), "but must be at least 0"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path: Path, content: dict[str, Any], message: str) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=message) as refusal:
        read_result(tmp_path / "mine.json")
    assert str(refusal.value).endswith("restore it, or delete it and run `make baselines` again.")


def test_broken_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(made_content("mine"))[:-5])
    with pytest.raises(InputError, match=r"mine\.json is not readable as JSON"):
        read_results(tmp_path)
    (tmp_path / "mine.json").unlink()
    with pytest.raises(InputError, match="There is no results file in"):
        read_results(tmp_path)


def test_the_schema_names_every_entry() -> None:
    schema = ResultFile.model_json_schema()
    assert schema["required"] == list(made_content("mine"))
    assert schema["additionalProperties"] is False
