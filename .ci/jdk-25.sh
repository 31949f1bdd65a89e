# For the scripts beside it: finds a JDK 25, whatever the machine's default java is.

is_jdk_25() {
  [[ -x $1/bin/javac && -f $1/release ]] && grep -q '^JAVA_VERSION="25[".]' "$1/release"
}

find_jdk_25() {
  local home
  for home in "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/* ~/.sdkman/candidates/java/* ~/.jdks/*; do
    if [[ -n $home ]] && is_jdk_25 "$home"; then
      echo "$home"
      return
    fi
  done
  echo "No JDK 25 found: install one below /usr/lib/jvm, /opt, ~/.sdkman/candidates/java or ~/.jdks, or set JAVA_HOME to it." >&2
  exit 1
}
