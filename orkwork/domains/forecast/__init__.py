"""When a project will be done and what it costs, and how often such forecasts held. Refuses to name a date without its spread."""
