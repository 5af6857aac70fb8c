"""The record and the stream of what happens, over HTTP."""
