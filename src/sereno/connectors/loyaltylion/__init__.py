"""LoyaltyLion: points and activities of its programme, and how its members stand."""
