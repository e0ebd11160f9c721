"""What doc comments say beyond their sections: links, code spans, the module they introduce."""
