"""Other resolvers, asked the same questions."""
