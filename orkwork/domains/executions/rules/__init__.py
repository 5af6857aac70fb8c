"""Pure: the list of failures, the clocks and retry policies, and when an agent goes in circles."""
