"""The figures: how results are drawn."""
