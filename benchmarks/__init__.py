"""What is measured against others, or on other processors."""
