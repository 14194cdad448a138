"""Modules that submissions written for the official program import by bare name; the folder is last on their path."""
