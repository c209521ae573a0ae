"""Measurements: ratios between things timed side by side on one machine."""
