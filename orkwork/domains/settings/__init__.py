"""The company's own settings: name, time zone, language. Refuses what the environment decides."""
