"""What a shop's checkout offers, and its variants side by side."""
