"""The other queues; run in an environment of their own, so no checker of this project knows their libraries."""
