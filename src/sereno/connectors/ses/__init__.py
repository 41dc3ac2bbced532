"""Amazon SES: hands mail over, and tells what became of it."""
