"""Effects explained by what the studies are like: meta-regression, its tests, and models of the spread between studies."""
