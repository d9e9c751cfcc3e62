"""Runs Apache Kafka itself on this machine for tests: jars, node directories, processes, and a probe."""
