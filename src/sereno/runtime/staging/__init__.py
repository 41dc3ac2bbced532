"""A new version let out step by step: its ladder, what it may not pass, and what came of it beside the live one."""
