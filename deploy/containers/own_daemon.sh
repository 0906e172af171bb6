# Docker where there is neither a daemon nor a registry: sourced by run.sh, which sets W (a folder that is kept) and HERE.
# Debian's packages are unpacked into $W/root, nothing is installed. Two phases with one data folder: to build, the daemon has
# the machine's network and makes no bridge; to run, it has namespaces of its own.
# shellcheck shell=bash
R=$W/root
CONTROLLERS="cpu cpuacct cpuset memory devices freezer blkio pids"
PACKAGES="docker.io containerd runc tini iptables libip4tc2 libip6tc2 libnftnl11 libxtables12 libnfnetlink0 libnetfilter-conntrack3 mmdebstrap"
MIRROR=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
HELD=
export DOCKER_HOST=unix://$W/run/docker.sock
export PATH=$R/usr/bin:$R/usr/sbin:$R/sbin:$PATH PERL5LIB=$R/usr/share/perl5

cannot_run() {  # prints the reason and fails
  [ "$(id -u)" = 0 ] || { echo "no Docker daemon answers, and one of our own needs root"; return 1; }
  grep -qs 'VERSION_CODENAME=bookworm' /etc/os-release || { echo "no Docker daemon answers, and one of our own needs Debian 12"; return 1; }
  command -v mvn >/dev/null || { echo "no Docker daemon answers, and one of our own needs Maven for Kafka's jars"; return 1; }
  unshare --net --mount true 2>/dev/null || { echo "no Docker daemon answers, and this kernel allows no network namespace"; return 1; }
  grep -q overlay /proc/filesystems || modprobe overlay 2>/dev/null || { echo "no Docker daemon answers, and this kernel has no overlay file system"; return 1; }
  grep -q '^memory.*1$' /proc/cgroups || { echo "no Docker daemon answers, and this kernel has no memory cgroup"; return 1; }
}

prepare_daemon() {  # sets PREPARING to what is under way as long as only the machine can be at fault
  PREPARING="its packages and base images"
  mkdir -p "$W"/{debs,root,data,run,base,img}
  step "Docker of Debian, unpacked and not installed"
  unpack
  step "roots of Debian's packages"
  root python ca-certificates,python3,python3-pip,python3-venv,python-is-python3 &
  root services ca-certificates,openjdk-17-jre-headless,postgresql,prometheus &
  wait
  step "stand-ins for the images of a registry"
  stand_ins
  PREPARING=
  step "our images"
  (cd "$W/checkout" && docker build -q --network=host -f deploy/Dockerfile -t liftstream . \
    && docker build -q --network=host -f deploy/Dockerfile --build-arg PART=serve -t liftstream-platform .)
  docker image ls --format '{{.Repository}} {{.Size}}' | grep liftstream
  PREPARING="a container on a network"
  stop_daemon
  start_daemon run
  docker network create tried-first >/dev/null
  docker run --rm --memory 64m --network tried-first --publish 127.0.0.1:8000:8000 services true
  docker network rm tried-first >/dev/null
  PREPARING=
}

unpack() {
  [ -x "$R/usr/sbin/dockerd" ] && return
  apt-get update -qq
  # shellcheck disable=SC2086
  apt-get install -qq -y --no-install-recommends --download-only --reinstall -o Dir::Cache::archives="$W/debs" $PACKAGES >/dev/null
  for deb in "$W"/debs/*.deb; do dpkg -x "$deb" "$R"; done
  ln -sf xtables-nft-multi "$R/usr/sbin/iptables"; ln -sf xtables-nft-multi "$R/usr/sbin/ip6tables"
}

root() {
  [ -s "$W/base/$1.tar" ] || { mmdebstrap --quiet --variant=minbase --mode=root --aptopt='Apt::Install-Recommends "false"' \
    --include="$2" bookworm "$W/base/$1.part.tar" "$MIRROR" && mv "$W/base/$1.part.tar" "$W/base/$1.tar"; }
}

stand_ins() {
  cp -r "$HERE/stand_ins/." "$W/img"
  for name in python services; do ln -f "$W/base/$name.tar" "$W/img/$name/"; done
  cp /etc/ssl/certs/ca-certificates.crt "$W/img/python/"
  sed 's#</dependencies>#<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>4.1.0</version></dependency></dependencies>#' \
    "$HERE/../../liftstream/broker/pom.xml" > "$W/img/kafka/pom.xml"
  [ -d "$W/img/kafka/lib" ] || (cd "$W/img/kafka" && mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib -DincludeScope=runtime >/dev/null)
  start_daemon build
  image "$(image_of python)" python; image services services
  image apache/kafka:4.1.0 kafka; image "$(image_of postgres)" postgres; image "$(image_of prom/prometheus)" prometheus
}

image() { docker build -q --network=host -t "$1" "$W/img/$2" >/dev/null; }

image_of() {  # the name with the tag, as our files have it
  cat "$HERE/../Dockerfile" "$HERE/../../docker-compose.yml" | grep -oE "\b$1:[A-Za-z0-9.-]+" | head -1
}

start_daemon() {  # build | run
  rm -rf "$W/data/network" "$W/data/containers"  # of a run that was broken off: a daemon would revive them
  local net=""; [ "$1" = run ] && net=--net
  setsid unshare $net --mount --pid --cgroup --ipc --uts --fork --kill-child bash "$HERE/daemon.sh" "$W" "$1" "$CONTROLLERS" > "$W/daemon.$1.log" 2>&1 < /dev/null & HELD=$!
  for _ in $(seq 240); do docker version >/dev/null 2>&1 && return; sleep 0.5; done
  tail "$W/daemon.$1.log"; exit 1
}

stop_daemon() {
  [ -n "$HELD" ] || return 0
  kill -TERM "$(pgrep -P "$HELD")" 2>/dev/null || true
  wait "$HELD" || true; HELD=
  for c in $CONTROLLERS; do find "/sys/fs/cgroup/$c" -depth -type d -path '*/docker*' -exec rmdir {} + 2>/dev/null || true; done
}

inside() { nsenter --target "$(pgrep -P "$HELD")" --net "$@"; }
