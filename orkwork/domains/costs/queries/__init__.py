"""Reading the ledger, its sums, budgets and what follows from them."""
