"""Pages and people of LinkedIn."""
