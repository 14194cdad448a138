"""Choose one submission of each participant of a phase, and name its folder."""

import hashlib
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from higgs_challenge.errors import InputError

MAX_NAME = 40
ENDED = ("Finished", "Failed", "Cancelled")
ON_LEADERBOARD, LAST = "on the leaderboard", "the last that finished"


@dataclass(frozen=True)
class Entry:
    """The submission of a participant that counts, and why it does."""

    submission: int
    owner: str
    created_when: str
    chosen: str


@dataclass(frozen=True)
class Choice:
    """The submissions that count, by the names of their folders.

    Attributes:
        entries: in the order of the participants' names.
        without: participants without any finished submission.
        running: number of submissions that have not ended yet.
    """

    entries: dict[str, Entry]
    without: tuple[str, ...]
    running: int


def choose_submissions(listed: list[dict[str, Any]], phase: int) -> Choice:
    """Choose one submission of each participant: that on the platform's leaderboard, else the last that finished.

    Args:
        listed: as the platform lists them.
        phase: number of the phase; those of others do not count.

    Raises:
        InputError: the phase has several tasks, so that a submission has several results.
    """
    mine = [one for one in listed if one["phase"] == phase and not one.get("is_specific_task_re_run")]
    if any(one.get("has_children") for one in mine):
        raise InputError(f"phase {phase} has several tasks, and results are those of one: download them by hand.")
    by_owner = defaultdict(list)
    for one in mine:
        by_owner[str(one["owner"])].append(one)
    entries, without = {}, []
    for owner, theirs in by_owner.items():
        finished = [one for one in theirs if one["status"] == "Finished"]
        shown = [one for one in finished if one.get("on_leaderboard")]
        if not finished:
            without.append(owner)
            continue
        last = max(shown or finished, key=lambda one: int(one["id"]))
        entries[owner] = Entry(int(last["id"]), owner, str(last["created_when"]), ON_LEADERBOARD if shown else LAST)
    names = name_folders(list(entries))
    ordered = {names[owner]: entries[owner] for owner in sorted(entries, key=str.casefold)}
    running = sum(one["status"] not in ENDED for one in mine)
    return Choice(ordered, tuple(sorted(without, key=str.casefold)), running)


def name_folders(owners: list[str]) -> dict[str, str]:
    """Name a folder for each participant: letters, digits, - and _; those that would be alike get a number.

    Example:
        >>> name_folders(["anna", "../../etc", "Chloé B."])
        {'anna': 'anna', '../../etc': 'etc', 'Chloé B.': 'Chloé_B'}
        >>> name_folders(["a b", "A_b"])
        {'a b': 'a_b_c8687a08', 'A_b': 'A_b_08eb65ad'}
    """
    plain = {owner: plain_name(owner) for owner in owners}
    folded = [name.casefold() for name in plain.values()]
    return {
        owner: name
        if folded.count(name.casefold()) == 1
        else f"{name}_{hashlib.sha256(owner.encode()).hexdigest()[:8]}"
        for owner, name in plain.items()
    }


def plain_name(text: str) -> str:
    """Reduce a text to a name that is safe for a folder everywhere.

    Example:
        >>> plain_name("Final phase!"), plain_name("-x/../.y"), plain_name("?")
        ('Final_phase', 'x_y', 'unnamed')
    """
    return re.sub(r"[^\w-]+", "_", unicodedata.normalize("NFKC", text))[:MAX_NAME].strip("_-") or "unnamed"
