"""Methods compared: every baseline run on the same events and seeds, one results file a run, and one table."""
