# What the scripts of the gallery share: sourced, not run.
#
# A script installs the real client, starts samples on free ports of the loopback interface, drives them, prints what it
# saw, and ends with 1 if that is wrong. What it started ends with it.

set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source "$root/.ci/jdk-25.sh"
jdk=$(find_jdk_25)
directory=$(mktemp -d)
processes=()
checks=0

clean_up() {
  for process in "${processes[@]}"; do
    kill "$process" 2> /dev/null || true
  done
  for process in "${processes[@]}"; do
    wait "$process" 2> /dev/null || true
  done
  rm -rf "$directory"
}
trap clean_up EXIT

# install PROGRAM PACKAGE ...: installs Debian's packages of the programs that are missing. Their services are not started.
install() {
  local missing=()
  while (($#)); do
    command -v "$1" > /dev/null || [[ -x /usr/sbin/$1 ]] || missing+=("$2")
    shift 2
  done
  ((${#missing[@]})) || return 0
  if [[ $(id -u) != 0 ]] || ! command -v apt-get > /dev/null; then
    echo "Install ${missing[*]} first: without apt-get and root this script cannot." >&2
    exit 1
  fi
  echo "== installing ${missing[*]}"
  apt-get -q update > /dev/null
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "${missing[@]}" > /dev/null
}

# build: makes samples.jar if it is missing or older than the sources.
build() {
  local jar=$root/samples/target/samples.jar
  if [[ -f $jar && -z $(find "$root"/loop-{core,netty}/src/main "$root/samples/src/main" -newer "$jar" -print -quit) ]]; then
    return
  fi
  echo "== building samples.jar"
  JAVA_HOME=$jdk mvn -B -ntp -q -f "$root/pom.xml" -pl samples -am -DskipTests -Dmaven.javadoc.skip=true package < /dev/null
}

# start NAME SAMPLE ...: starts a sample on a free port. Sets `port` and `process`; its output is in $directory/NAME.log.
start() {
  local name=$1
  shift
  "$jdk/bin/java" -jar "$root/samples/target/samples.jar" "$@" --port 0 > "$directory/$name.log" 2>&1 &
  process=$!
  processes+=("$process")
  within grep -q 'listening on' "$directory/$name.log"
  port=$(sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$directory/$name.log" | head -1)
}

# within COMMAND ...: waits until a command succeeds, for half a minute.
within() {
  for _ in $(seq 300); do
    "$@" > /dev/null 2>&1 && return
    sleep 0.1
  done
  echo "not in half a minute: $*" >&2
  tail -n 20 "$directory"/*.log >&2 || true
  exit 1
}

# expect WHAT WANTED FOUND: compares, and ends the script if they differ.
expect() {
  if [[ $2 != "$3" ]]; then
    printf '%s: expected\n%s\nbut found\n%s\n' "$1" "$2" "$3" >&2
    exit 1
  fi
  checks=$((checks + 1))
  echo "ok: $1"
}

# report SAMPLE CLIENT REQUESTS ERRORS: prints the row of the gallery's table.
report() {
  printf 'RESULT | %s | %s | %s | %s | %s |\n' "$1" "$2" "$3" "$4" "$SECONDS"
}

# install_browser: installs Chromium, and playwright-core for scripts of node in $directory.
install_browser() {
  install chromium chromium node nodejs npm npm
  echo '== installing playwright-core'
  npm install --silent --no-audit --no-fund --prefix "$directory" playwright-core@1.65.1 > /dev/null
}

# browse SCRIPT ARGUMENT ...: runs a script of node, with `open` to start a browser with a new profile.
browse() {
  cat > "$directory/browser.cjs" << 'BROWSER'
const { chromium } = require('playwright-core');

exports.open = profile =>
  chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    viewport: { width: 640, height: 400 },
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
BROWSER
  timeout 90 node "$@"
}
