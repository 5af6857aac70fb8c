"""What orkwork is measured with: the replay of a real run, graphs worked off in order, and the measured suite."""
