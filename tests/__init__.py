"""The tests, mirroring src/dlpcore; a package so that tests share embedders and oracles by name."""
