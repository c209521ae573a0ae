"""The functions, one package each, and what they share."""
