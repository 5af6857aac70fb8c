"""How long a task may take: rules, clocks that pause, breaches told once. Refuses to move or assign anything."""
