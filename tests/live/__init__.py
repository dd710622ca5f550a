"""Real processes that call each other over HTTP and count it as an eBPF agent would."""
