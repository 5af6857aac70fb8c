"""What happens, as it happens: server-sent events and a web socket over one tail of the company's events.

Listeners hear names and ids with a position and read again through authorised queries. Nobody is buffered without end:
who is too slow is let go and resumes from the events table.
"""
