"""HTTP around the catalogue: strict input, typed errors, thin views."""
