"""What speaks: a prompt read, a network that goes on, the truth beside it."""
