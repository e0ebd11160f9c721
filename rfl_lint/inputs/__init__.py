"""Where bytes come from: files and folders, git, standard input."""
