"""Pictures of indicators for the desk: PNG made of numpy arrays, with no library for drawing and no network."""
