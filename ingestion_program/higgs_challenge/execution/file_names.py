"""Names of what a run leaves in its output folder."""

DURATION_FILE = "ingestion_duration.json"
SUMMARY_FILE = "ingestion_summary.json"
FAILURE_FILE = "ingestion_failure.txt"
"""Why a run failed, for scoring to repeat: the platform may lose a run's logs."""

LOG_FILE = "submission.log"
JOURNAL_FILE = "journal.jsonl"
UNFINISHED = "unfinished"

FINAL = ("result_*.json", SUMMARY_FILE, DURATION_FILE, FAILURE_FILE)
"""Patterns of what a run writes at its end."""

RESERVED = (*FINAL, JOURNAL_FILE, LOG_FILE, UNFINISHED)
"""Patterns of names that no submission may have."""
