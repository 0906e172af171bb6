#!/usr/bin/env bash
# Does with containers what README.md says, on a copy of the repository, and ends with 0 only if the pipeline's answers decided
# more than 20 sessions, before and after a restart of the shop, and everything stopped with exit code 0: `make containers`.
#   deploy/containers/run.sh            the Kafka of the composition
#   deploy/containers/run.sh secured    a second Kafka with TLS that asks for a password, named in .env and nowhere else; secrets by file
# A Docker daemon that answers is used. Without one: the daemon of Debian's packages, unpacked and not installed, with stand-ins
# for the images of a registry (own_daemon.sh); that needs root on Debian 12 and leaves the machine's network alone. Where such a
# daemon cannot be had or cannot run a container, that is said, and it ends with 75: nothing was tried.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd) REPO=$(cd "$(dirname "$0")/../.." && pwd)
W=${XDG_CACHE_HOME:-$HOME/.cache}/liftstream/containers KIND=${1:-local}
COMPOSE=$REPO/.venv/bin/docker-compose PASSWORD=for-this-run-only
export COMPOSE_PROJECT_NAME=liftstream-tried DOCKER_BUILDKIT=1
unset LIFTSTREAM_PLATFORM__ADMIN_PASSWORD LIFTSTREAM_PIPELINE__TOKEN
mkdir -p "$W"
step() { printf '== %s (%s s)\n' "$1" "$SECONDS"; }

if docker version >/dev/null 2>&1; then
  OWN=; inside() { "$@"; }; SERVICES=()
else
  # shellcheck source=deploy/containers/own_daemon.sh
  OWN=yes; . "$HERE/own_daemon.sh"
  why=$(cannot_run) || { echo "containers are not tried here: $why"; exit 75; }
  SERVICES=(shop prometheus) # there is no Grafana among Debian's packages
fi

checkout() {  # what git knows, and files that it ignores, which must not reach an image
  rm -rf "$W/checkout"; mkdir -p "$W/checkout"
  git -C "$REPO" ls-files -z --cached --others --exclude-standard | (cd "$REPO" && tar --null --ignore-failed-read -cf - -T -) | tar -xf - -C "$W/checkout"
  cd "$W/checkout"; touch liftstream/.env liftstream/liftstream.db pipeline/debug.log
}

secrets_by_file() {
  mkdir -m 700 secrets
  printf %s "$PASSWORD" > secrets/admin_password; printf shops > secrets/kafka_password; printf no-experiment-yet > secrets/token
  echo 'COMPOSE_FILE=docker-compose.yml:deploy/secrets.yml' >> .env
}

certificates() {  # of an authority of our own, and of the broker `secured`, as Kafka reads them: key and chain in one file
  (cd "$W/checkout" && umask 022
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tried -keyout ca.key -out ca.pem
    openssl req -newkey rsa:2048 -nodes -subj /CN=secured -keyout broker.key -out broker.csr
    openssl x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out broker.crt -extfile <(echo subjectAltName=DNS:secured)
    cat broker.key broker.crt > broker.pem; chmod 644 broker.pem)
}

secured_broker() {
  certificates
  docker run -d --name "$COMPOSE_PROJECT_NAME-secured" --network "${COMPOSE_PROJECT_NAME}_default" --network-alias secured \
    -e KAFKA_NODE_ID=1 -e KAFKA_PROCESS_ROLES=broker,controller -e KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9094 \
    -e KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER -e KAFKA_LISTENERS=CLIENTS://:9095,CONTROLLER://:9094 \
    -e KAFKA_ADVERTISED_LISTENERS=CLIENTS://secured:9095 -e KAFKA_INTER_BROKER_LISTENER_NAME=CLIENTS \
    -e KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT -e KAFKA_SASL_ENABLED_MECHANISMS=PLAIN \
    -v "$W/checkout/broker.pem:/certificates/broker.pem:ro" -v "$W/checkout/ca.pem:/certificates/ca.pem:ro" \
    -e KAFKA_SSL_KEYSTORE_TYPE=PEM -e KAFKA_SSL_KEYSTORE_LOCATION=/certificates/broker.pem \
    -e KAFKA_SSL_TRUSTSTORE_TYPE=PEM -e KAFKA_SSL_TRUSTSTORE_LOCATION=/certificates/ca.pem \
    -e KAFKA_SASL_MECHANISM_INTER_BROKER_PROTOCOL=PLAIN -e KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR=1 \
    -e KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR=1 -e KAFKA_TRANSACTION_STATE_LOG_MIN_ISR=1 \
    -e 'KAFKA_LISTENER_NAME_CLIENTS_PLAIN_SASL_JAAS_CONFIG=org.apache.kafka.common.security.plain.PlainLoginModule required username="shop" password="shops" user_shop="shops";' \
    apache/kafka:4.1.0 >> "$W/up.log"
  cat >> .env <<V
LIFTSTREAM_KAFKA__BOOTSTRAP=secured:9095
LIFTSTREAM_KAFKA__SECURITY_PROTOCOL=SASL_SSL
LIFTSTREAM_KAFKA__CA_FILE=$W/checkout/ca.pem
LIFTSTREAM_KAFKA__SASL_MECHANISM=PLAIN
LIFTSTREAM_KAFKA__USERNAME=shop
LIFTSTREAM_KAFKA__PASSWORD_FILE=$W/checkout/secrets/kafka_password
V
  for _ in $(seq 60); do "$COMPOSE" run --rm --no-deps topics && return; sleep 2; done
  return 1
}

clean_up() {
  code=$?
  cd "$W/checkout" 2>/dev/null && {
    docker rm -f "$COMPOSE_PROJECT_NAME-secured" || true
    "$COMPOSE" down -v --remove-orphans || true
    docker volume rm -f "${COMPOSE_PROJECT_NAME}_spending" || true
  } >> "$W/up.log" 2>&1
  if [ -n "$OWN" ]; then stop_daemon; fi
  [ -z "${PREPARING:-}" ] || { echo "containers are not tried here: a Docker daemon of our own failed at: $PREPARING"; exit 75; }
  exit "$code"
}

: > "$W/up.log"
checkout
trap clean_up EXIT
[ -z "$OWN" ] || prepare_daemon
step "up"
cp .env.example .env
if [ "$KIND" = secured ]; then chosen=nobody-is-given-this; secrets_by_file; else chosen=$PASSWORD; fi
sed -i "s/^LIFTSTREAM_PLATFORM__ADMIN_PASSWORD=.*/LIFTSTREAM_PLATFORM__ADMIN_PASSWORD=$chosen/" .env
[ -n "$OWN" ] || "$COMPOSE" build >> "$W/up.log" 2>&1
if [ "$KIND" = secured ]; then
  "$COMPOSE" up -d --no-deps prometheus >> "$W/up.log" 2>&1 # makes the network
  secured_broker >> "$W/up.log" 2>&1 || { tail -5 "$W/up.log"; exit 1; }
fi
"$COMPOSE" up -d "${SERVICES[@]}" >> "$W/up.log" 2>&1 || { tail -5 "$W/up.log"; "$COMPOSE" ps -a; "$COMPOSE" logs --tail 5; exit 1; }

step "create, token, pipeline, start"
jar=$W/jar; rm -f "$jar"; ask() { inside curl -sS --fail -b "$jar" -c "$jar" "$@"; }
ask -o /dev/null -H 'Origin: http://127.0.0.1:8000' -d "password=$PASSWORD" http://127.0.0.1:8000/login
field() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$made" "$1"; }
begin() {  # an experiment with these numbers, its token to the pipeline, and only then its start
  made=$(ask -H 'Content-Type: application/json' -d "{\"name\":\"tried\",\"sd\":15,\"alpha\":0.05,\"power\":0.8,$1}" http://127.0.0.1:8000/api/experiments)
  if [ "$KIND" = secured ]; then
    field token > secrets/token
    "$COMPOSE" up -d --no-deps --force-recreate pipeline >> "$W/up.log" 2>&1
  else
    sed -i "s/^LIFTSTREAM_PIPELINE__TOKEN=.*/LIFTSTREAM_PIPELINE__TOKEN=$(field token)/" .env
    "$COMPOSE" up -d --no-deps pipeline >> "$W/up.log" 2>&1
  fi
  ask -o /dev/null -X POST "http://127.0.0.1:8000/api/experiments/$(field id)/start"
}
begin '"effect":0.7,"n_per_arm":5678'
await() {  # until more answers than $1 have decided a session, three minutes at most
  for _ in $(seq 90); do
    accepted=$(ask http://127.0.0.1:8000/metrics | awk '/^liftstream_platform_records_total.*reason="accepted"/ && /prediction/ {print int($NF)}')
    [ "${accepted:-0}" -gt "$1" ] && return; sleep 2
  done
}
await 20
echo "answers of the pipeline that decided a session: ${accepted:-0}"
"$COMPOSE" restart shop >> "$W/up.log" 2>&1 # a shop that played the same clients again would decide nothing more
before=${accepted:-0}; await $((before + 20))
echo "after a restart of the shop: ${accepted:-0}"
ask 'http://127.0.0.1:9090/api/v1/targets' | python3 -c 'import json, sys; print("scraped:", sorted((t["labels"]["job"], t["health"]) for t in json.load(sys.stdin)["data"]["activeTargets"]))'
database() { "$COMPOSE" exec -T database "$@"; }
database pg_dump -U liftstream --format=custom liftstream > copy.dump
"$COMPOSE" stop platform >> "$W/up.log" 2>&1
database pg_restore -U liftstream --clean --if-exists --create --dbname=postgres < copy.dump
"$COMPOSE" up -d --no-deps --wait platform >> "$W/up.log" 2>&1
restored=$accepted; await $((restored - 1))
echo "after a backup was put in place of the database: ${accepted:-0}"
ask -o /dev/null -X POST "http://127.0.0.1:8000/api/experiments/$(field id)/stop"
begin '"effect":7,"n_per_arm":57' # ends within seconds
for _ in $(seq 90); do made=$(ask "http://127.0.0.1:8000/api/experiments/$(field id)"); [ "$(field state)" != finished ] || break; sleep 2; done
state=$(field state)
echo "the verdict of a small experiment: $(field sentence)"
echo "LIFTSTREAM_SPENDING__API_KEY=spending-key-of-this-run" >> .env
"$COMPOSE" -f docker-compose.yml -f deploy/spending.yml up -d --no-deps --wait spending >> "$W/up.log" 2>&1
echo "the spending service: $(ask -H "Authorization: Bearer spending-key-of-this-run" http://127.0.0.1:8080/predict)"
docker run --rm -v "$W/checkout/deploy/alerts.yml:/etc/prometheus/alerts.yml:ro" -v "$W/checkout/tests/deploy/alert_rules.yml:/alert_rules.yml:ro" \
  --entrypoint promtool "$("$COMPOSE" config --images | grep prometheus)" test rules /alert_rules.yml
echo "running: $("$COMPOSE" ps --services | sort | tr '\n' ' ')"
ignored=$("$COMPOSE" exec -T platform find /opt/liftstream \( -name .env -o -name '*.log' -o -name '*.db' \) | head -3)
echo "ignored files in the image: ${ignored:-none}"
if [ "$KIND" = secured ]; then
  shown=$("$COMPOSE" ps -q | xargs docker inspect | grep -cE "$PASSWORD|shops\"|$(cat secrets/token)" || true)
  echo "lines of docker inspect with a secret: $shown"; [ "$shown" = 0 ]
fi

step "stop"
"$COMPOSE" stop pipeline shop platform >> "$W/up.log" 2>&1
codes=$("$COMPOSE" ps -a --format '{{.Service}} {{.ExitCode}}' pipeline shop platform | sort)
echo "exit codes: ${codes//$'\n'/, }"
step "done"
[ "$before" -gt 20 ] && [ "$restored" -gt $((before + 20)) ] && [ "$accepted" -ge "$restored" ] && [ "$state" = finished ] && [ -z "$ignored" ] && [ "$codes" = $'pipeline 0\nplatform 0\nshop 0' ]
