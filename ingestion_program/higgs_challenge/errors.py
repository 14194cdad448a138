"""The two mistakes that are not ours, each ending a run with one sentence and exit code 2."""


class ChallengeError(Exception):
    """A mistake that a person can mend; its text says what was expected, what came, where, and what to do."""


class SubmissionError(ChallengeError):
    """The participant's mistake: a submission that cannot be loaded, fails, or answers wrongly."""


class InputError(ChallengeError):
    """The organiser's mistake: settings, data or paths that cannot be used."""
