"""What a shop shows on its site for a time: kept here, shown by flows, dates and people."""
