"""Which image comes next. Pure: plain rows in, plain rows out; no Django."""
