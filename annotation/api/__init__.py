"""HTTP around marks: thin views over services and selectors."""
