"""Who may touch what when: sharing between threads, locks that callers hold, lifetimes, auto traits."""
