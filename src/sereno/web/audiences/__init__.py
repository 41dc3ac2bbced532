"""Lists of advertising networks and other tools that segments fill, and advertisements that wait for stock."""
