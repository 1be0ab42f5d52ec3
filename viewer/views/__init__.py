"""Pages of the catalogue: thin, permission first, everything else by services and selectors."""
