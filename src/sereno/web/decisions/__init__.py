"""What the checkout offers: its options, the rules about them, and variants side by side."""
