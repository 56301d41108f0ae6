"""The figures: results, drawn by matplotlib."""
