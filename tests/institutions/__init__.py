"""A double of the institutions over HTTP: files under official paths, and the habits of those who serve them."""
