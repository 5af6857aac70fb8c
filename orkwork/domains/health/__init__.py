"""How well the company and each project do, as one number with its causes. Refuses to own any fact: it weighs the others'."""
