"""People: societies, members, roles, worklists and leases. The only place that decides who may do what."""
