"""What flows are worth: lift against randomised arms."""
