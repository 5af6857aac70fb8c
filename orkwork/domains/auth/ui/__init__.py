"""Signing in, joining, and the pages about people and their sessions. Shows tokens once and keeps none."""

from orkwork.domains.auth.ui import invites, joining, login, people, sessions

__all__ = ["invites", "joining", "login", "people", "sessions"]
