"""Any gateway for text messages that takes one JSON request each."""
