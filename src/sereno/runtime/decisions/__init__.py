"""What a checkout offers: kept, published, asked, and how comparisons of its variants end."""
