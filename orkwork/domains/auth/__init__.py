"""People: users, sessions, invites, the owner link and GitHub sign-in. Refuses API keys, which are the agents' matter."""
