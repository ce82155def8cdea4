"""How sure an order is, what would change it, and which test could: for the rulebook, never for a benefit."""
