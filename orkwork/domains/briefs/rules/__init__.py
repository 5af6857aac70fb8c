"""What a brief says, when it is due, and which of a model's words may stand. Pure."""
