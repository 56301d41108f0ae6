"""Around the stages: checked before any work is spent, and run side by side."""
