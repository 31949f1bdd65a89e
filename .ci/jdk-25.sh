# For the scripts that need a JDK 25, whatever the machine's default java is. POSIX shell: bin/loop reads it too.

is_jdk_25() {
  [ -n "$1" ] && [ -x "$1/bin/javac" ] && [ -f "$1/release" ] && grep -q '^JAVA_VERSION="25[".]' "$1/release"
}

# The home of the java that the PATH finds, or nothing.
home_of_default_java() {
  if command -v java > /dev/null; then
    java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.home = //p'
  fi
}

# Looks where the build's toolchain plugin looks. JDK_ROOT goes before the machine's directories, for tests.
find_jdk_25() {
  for jdk_home in "${JAVA_HOME-}" "${JAVA25_HOME-}" \
    "${JDK_ROOT-}"/usr/lib/jvm/* "${JDK_ROOT-}"/usr/lib64/jvm/* "${JDK_ROOT-}"/usr/java/* "${JDK_ROOT-}"/usr/jdk/* \
    "${JDK_ROOT-}"/usr/local/java/* "${JDK_ROOT-}"/opt/* "${JDK_ROOT-}"/opt/java/* "${JDK_ROOT-}"/opt/hostedtoolcache/* \
    "${JDK_ROOT-}"/Library/Java/JavaVirtualMachines/*/Contents/Home ~/Library/Java/JavaVirtualMachines/*/Contents/Home \
    ~/.jdks/* ~/.m2/jdks/* ~/.sdkman/candidates/java/* ~/.gradle/jdks/* ~/.jenv/versions/* ~/.jbang/cache/jdks/* \
    ~/.asdf/installs/java/* ~/.jabba/jdk/* ~/.local/share/mise/installs/java/*; do
    if is_jdk_25 "$jdk_home"; then
      printf '%s\n' "$jdk_home"
      return
    fi
  done
  jdk_home=$(home_of_default_java)
  if is_jdk_25 "$jdk_home"; then
    printf '%s\n' "$jdk_home"
    return
  fi
  echo "No JDK 25 found: install one below /usr/lib/jvm, /opt, ~/.sdkman/candidates/java or ~/.jdks, or set JAVA_HOME to it." >&2
  exit 1
}
