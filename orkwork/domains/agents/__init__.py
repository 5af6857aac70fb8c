"""Agents: who they are, what they can, their keys and their sign of life. Refuses to know what a task is."""
