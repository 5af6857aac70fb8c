"""Workflows as they enter and leave."""
