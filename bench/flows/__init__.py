"""Recorded workflows, imported as templates and run by simulated workers that take the recorded runtimes."""
