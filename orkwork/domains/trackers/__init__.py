"""Trackers elsewhere: their exports become projects, tasks, people and comments. Refuses to change what is already here."""
