"""Doc comments and the items they document: what a section is comes from `rfl_lint.doc_text`."""
