"""Customers written to by other ways than mail: text message, WhatsApp, Telegram, the browser."""
