"""Any system that takes posts as one JSON request."""
