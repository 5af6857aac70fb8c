"""What a decision may be, what waiting for it costs, what it is like, and what a rule would have done: all pure."""
