"""Loops over time, blocks and threads; memory; launches. No cell, head or loss is known here by name."""
