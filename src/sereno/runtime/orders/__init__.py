"""What people do to orders from pages, API and command line: hold, release, and ask the store for changes."""
