"""The record of every change, to read, check and take along; and events in words for the other pages."""

from orkwork.domains.audit.ui import record, words

__all__ = ["record", "words"]
