"""How much of what needs an argument has one: the counts behind the charts of a report."""
