"""How `use` statements are laid out, and what they import that is there already."""
