"""Pages of tables that come in by file and feed, and of those that go out."""
