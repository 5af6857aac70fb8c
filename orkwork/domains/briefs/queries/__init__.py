"""Gathering what a brief is made of, and reading briefs."""
