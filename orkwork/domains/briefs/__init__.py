"""The brief: what happened and what it comes to, each sentence with its rows. Refuses a sentence that no row stands behind."""
