"""In which context code runs: which guards are held where, and which calls may sleep."""
