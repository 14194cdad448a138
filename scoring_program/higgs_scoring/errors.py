"""The error for input that cannot be scored."""


class ScoringError(Exception):
    """An input that cannot be scored; its text is one sentence: which file and entry, what is wrong, what to do."""
