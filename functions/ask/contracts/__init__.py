"""Other faces of the same answer."""
