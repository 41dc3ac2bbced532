"""Notes a flow writes for its own record, and the facts it finds."""
