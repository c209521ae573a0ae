"""The health function: one check a part, without waking or spending anything."""
