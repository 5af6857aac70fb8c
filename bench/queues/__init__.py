"""Claiming and finishing beside other queues on PostgreSQL, each in a database of its own on one server."""
