"""Durations and counts as people read them."""


def format_seconds(seconds: float) -> str:
    """Write a duration for people: 42 s, 3 min 20 s, 2 h 5 min.

    Args:
        seconds: infinity where it is unknown.

    Example:
        >>> format_seconds(200)
        '3 min 20 s'
    """
    if seconds == float("inf"):
        return "unknown time"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def count(number: int, noun: str) -> str:
    """Format a number of things.

    Example:
        >>> count(1, "file"), count(2, "file")
        ('1 file', '2 files')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"
