"""Decisions: what a person has to decide, and the record of what was decided, by whom and why.

Refuses to know what it gates: whoever asks registers how an option is carried out.
"""
