"""The library that the stages share."""
