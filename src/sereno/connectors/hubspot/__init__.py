"""HubSpot: contacts, lists and deals, and who changed their mind there."""
