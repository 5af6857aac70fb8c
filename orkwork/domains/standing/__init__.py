"""Decisions that nobody makes at the time: by standing rules, by deadlines, and those that have to be asked again.

Refuses to decide anything by itself: a rule decides in the name of who made it, a deadline as the asker said.
"""
