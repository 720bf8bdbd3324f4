"""The release as catalogues read it: DCAT-AP 3, CSVW and Croissant."""
