"""The stack that most people would write: what the bench compares with. Nothing of the project is imported here."""
