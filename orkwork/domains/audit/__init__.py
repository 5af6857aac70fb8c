"""The sealed, append-only record of every change. Refuses to write events, which is each operation's own duty."""
