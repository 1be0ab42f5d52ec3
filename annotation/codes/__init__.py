"""Tables of codes: reading a site's own file, folding names for the search, and what may be shipped. No Django."""
