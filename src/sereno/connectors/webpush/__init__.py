"""Messages to browsers: Web Push (RFC 8030), sealed for the browser alone (RFC 8291), signed by the shop (RFC 8292)."""
