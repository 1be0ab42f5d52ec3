"""Other tile servers, each as small as its own documentation shows it; run by a Python that has them (MITATE_BENCH_PEERS)."""
