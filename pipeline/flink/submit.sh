#!/usr/bin/env bash
# Submits the job to a Flink cluster: submit.sh [OPTIONS OF flink run ...] [-- OPTIONS OF THE JOB ...]
#   PYTHON         with what requirements.txt names, on this machine; default: python3
#   WORKER_PYTHON  the same on the machines of the cluster; default: PYTHON, or of environment.tar.gz where that is here
#   FLINK_HOME     of a Flink 2.3; default: the one that comes with PyFlink
# Settings are liftstream's own (LIFTSTREAM_KAFKA__BOOTSTRAP, LIFTSTREAM_PIPELINE__TOKEN, ...); they travel inside the job.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
flink_home=${FLINK_HOME:-$("$python" -c 'import os, pyflink; print(os.path.dirname(pyflink.__file__))')}
export LIFTSTREAM_PIPELINE__MODEL="${LIFTSTREAM_PIPELINE__MODEL:-$here/model.pmml}"
export LIFTSTREAM_PIPELINE__STREAM="${LIFTSTREAM_PIPELINE__STREAM:-$here/stream.yaml}"

options=()
while [ $# -gt 0 ] && [ "$1" != "--" ]; do
  options+=("$1")
  shift
done
[ $# -eq 0 ] || shift
job=("$@")
for jar in "$here"/jars/*.jar; do
  job+=("--with-jar=$jar")
done
worker=${WORKER_PYTHON:-$python}
if [ -f "$here/environment.tar.gz" ]; then
  options+=(-pyarch "$here/environment.tar.gz#environment")
  worker=${WORKER_PYTHON:-environment/bin/python}
fi
exec "$flink_home/bin/flink" run --detached "${options[@]}" -pyclientexec "$python" -pyexec "$worker" \
  -pyfs "$here/liftstream.zip" -pym pipeline.flink.job "${job[@]}"
