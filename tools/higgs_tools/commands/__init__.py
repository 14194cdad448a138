"""The command `higgs-challenge`: one module for each subject, imported when one of its sub-commands is called."""
