"""The demo: an invented shop with a year behind it, and a simulated store that goes on selling."""
