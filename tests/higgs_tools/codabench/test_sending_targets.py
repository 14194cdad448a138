"""The make targets pass on what they are given, and send nothing unless told to."""

import subprocess

import pytest


def make(root, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "--dry-run", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["check-bundle"], 'bin/higgs-challenge check-bundle "build/bundle.zip"'),
        (["check-bundle", "BUNDLE=other.zip"], 'bin/higgs-challenge check-bundle "other.zip"'),
        (["upload"], 'bin/higgs-challenge upload "build/bundle.zip"'),
        (["upload", "BUNDLE=other.zip", "SEND=yes"], 'bin/higgs-challenge upload "other.zip" --send'),
        (
            ["submit", "SUBMISSION=mine", "COMPETITION=7", "PHASE=Final"],
            'bin/higgs-challenge submit "mine" --competition "7" --phase "Final"',
        ),
        (
            ["submit", "SUBMISSION=mine.zip", "COMPETITION=7", "SEND=yes"],
            'bin/higgs-challenge submit "mine.zip" --competition "7" --phase "feedback" --send',
        ),
    ],
)
def test_a_target_calls_its_program(root, arguments, expected):
    done = make(root, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].strip().endswith(expected)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["upload", "SEND=maybe"], "SEND is yes or nothing"), (["submit"], "Name the competition by its number")],
)
def test_a_target_asks_for_what_it_needs(root, arguments, expected):
    done = make(root, *arguments)
    assert done.returncode == 2
    assert expected in done.stderr
