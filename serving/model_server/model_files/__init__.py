"""Files that are said to be models: found, checked, decompressed and unpickled without running anything."""
