#!/bin/sh
# Where Flink's operator for Kubernetes looks for it; it only starts what it is given.
exec "$@"
