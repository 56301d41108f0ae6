"""The library that the stages share; importing it changes nothing."""
