package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes.Name;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// The script `bin/loop`, in a directory tree that looks like the project's.
///
/// `samples.jar` is not packaged yet when tests run: a jar that names the test's class path stands
/// in for it, and a script that notes its arguments for Maven.
@Tag("slow")
@EnabledOnOs({OS.LINUX, OS.MAC})
class LauncherTest {

  private static final long PATIENCE_SECONDS = 60;
  private static final Instant LONG_AGO = Instant.parse("2026-01-01T00:00:00Z");
  private static final String WRITES_CACHE = "echo cache > \"${1#*=}\"";
  private static final List<String> SOURCES =
      List.of(
          "pom.xml",
          "loop-core/pom.xml",
          "loop-core/src/main/A.java",
          "loop-netty/pom.xml",
          "loop-netty/src/main/B.java",
          "samples/pom.xml",
          "samples/src/main/C.java");

  @TempDir private Path directory;

  private Path root;
  private Path jar;
  private Path programs;
  private Path mavenNotes;
  private Path javaNotes;
  private ProcessBuilder launch;

  /// What a program that has ended left behind.
  private record Ended(int exitCode, String out, String err) {}

  @BeforeEach
  void copyTheProject() throws IOException {
    root = directory.resolve("a place with spaces");
    jar = root.resolve("samples/target/samples.jar");
    programs = Files.createDirectories(directory.resolve("programs"));
    mavenNotes = directory.resolve("maven notes");
    javaNotes = directory.resolve("java notes");
    Path project = Path.of("..").toAbsolutePath();
    for (String script : List.of("bin/loop", ".ci/jdk-25.sh")) {
      Path copy = root.resolve(script);
      Files.createDirectories(copy.resolveSibling("."));
      Files.copy(project.resolve(script), copy);
    }
    for (String source : SOURCES) {
      Path file = root.resolve(source);
      Files.createDirectories(file.resolveSibling("."));
      Files.writeString(file, "");
    }
    age(root);
    writeJar(jar);

    launch = new ProcessBuilder();
    launch.directory(directory.toFile());
    launch.environment().remove("JAVA_TOOL_OPTIONS");
    launch.environment().put("JAVA_HOME", System.getProperty("java.home"));
    launch.environment().put("PATH", programs + ":/usr/bin:/bin");
  }

  private static void age(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, FileTime.from(LONG_AGO));
      }
    }
  }

  private static void writeJar(Path jar) throws IOException {
    var manifest = new Manifest();
    var main = manifest.getMainAttributes();
    main.put(Name.MANIFEST_VERSION, "1.0");
    main.put(Name.MAIN_CLASS, Samples.class.getName());
    main.put(
        Name.CLASS_PATH,
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .map(entry -> Path.of(entry).toUri())
            .map(URI::toString)
            .collect(Collectors.joining(" ")));
    main.putValue("Add-Opens", "java.base/java.lang");
    main.putValue("Enable-Native-Access", "ALL-UNNAMED");
    Files.createDirectories(jar.resolveSibling("."));
    try (OutputStream file = Files.newOutputStream(jar);
        var out = new JarOutputStream(file, manifest)) {
      out.finish();
    }
  }

  /// Puts a program before all others on the launcher's PATH.
  private void install(String name, String... lines) throws IOException {
    Path program = programs.resolve(name);
    Files.write(program, Stream.concat(Stream.of("#!/bin/sh"), Stream.of(lines)).toList());
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void installMaven(String... lines) throws IOException {
    install("mvn", "echo \"$JAVA_HOME\" \"$@\" >> '" + mavenNotes + "'", String.join("\n", lines));
  }

  private Ended run(Path command, String... arguments) throws Exception {
    launch.command(Stream.concat(Stream.of(command.toString()), Stream.of(arguments)).toList());
    Path out = Files.createTempFile(directory, "out", "");
    Path err = Files.createTempFile(directory, "err", "");
    Process process = launch.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    try {
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly().waitFor();
    }
    return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private Path launcher() {
    return root.resolve("bin/loop");
  }

  @Test
  void help_fromAnotherDirectory_isPrintedAndNothingElse() throws Exception {
    Ended ended = run(launcher(), "--help");

    assertThat(ended.err()).isEmpty();
    assertThat(ended.exitCode()).isZero();
    assertThat(ended.out()).contains("Usage: loop", "echo-client");
  }

  @Test
  void help_throughSymlinksOfEitherKind_isPrinted() throws Exception {
    Path absolute = Files.createSymbolicLink(directory.resolve("absolute"), launcher());
    Path relative = Files.createSymbolicLink(directory.resolve("relative"), Path.of("absolute"));

    assertThat(run(absolute, "--help").exitCode()).isZero();
    assertThat(run(relative, "--help").exitCode()).isZero();
  }

  @Test
  void argumentsAndExitCode_ofTheSample_arePassedOn() throws Exception {
    refuseCaches();
    Ended ended = run(launcher(), "echo", "a b");

    assertThat(ended.exitCode()).isEqualTo(2);
    assertThat(ended.err()).contains("unexpected argument 'a b'");
  }

  @Test
  void sigterm_toTheScript_reachesTheServer() throws Exception {
    refuseCaches();
    launch.command(launcher().toString(), "echo", "--port", "0");
    Process process = launch.start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(out.readLine()).startsWith("listening on ");

      process.destroy();

      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void noJdk25_oneLineNamesWhatToInstall() throws Exception {
    launch.environment().remove("JAVA_HOME");
    launch.environment().remove("JAVA25_HOME");
    launch.environment().put("JDK_ROOT", directory.resolve("nothing").toString());
    launch.environment().put("HOME", directory.resolve("nothing").toString());
    install("java", "echo '    java.home = /nothing/jdk-17' >&2");

    Ended ended = run(launcher(), "--help");

    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains("JDK 25", "install", "JAVA_HOME").hasLineCount(1);
  }

  @Test
  void jdk25_onThePathOnly_isFound() throws Exception {
    launch.environment().remove("JAVA_HOME");
    launch.environment().remove("JAVA25_HOME");
    launch.environment().put("JDK_ROOT", directory.resolve("nothing").toString());
    launch.environment().put("HOME", directory.resolve("nothing").toString());
    install("java", "echo '    java.home = " + System.getProperty("java.home") + "' >&2");

    Ended ended = run(launcher(), "--help");

    assertThat(ended.err()).isEmpty();
    assertThat(ended.exitCode()).isZero();
  }

  @Test
  void jarThatIsMissing_isBuiltOnThatJdk() throws Exception {
    Path kept = Files.move(jar, directory.resolve("kept.jar"));
    installMaven("cp '" + kept + "' '" + jar + "'");

    Ended ended = run(launcher(), "--help");

    assertThat(ended.exitCode()).isZero();
    assertThat(ended.out()).startsWith("Usage: loop");
    assertThat(ended.err()).contains("Building samples.jar").hasLineCount(1);
    assertThat(mavenNotes)
        .content()
        .startsWith(System.getProperty("java.home") + " ")
        .contains(" -q ", " -DskipTests ", " package")
        .hasLineCount(1);
  }

  @Test
  void jarOlderThanASource_isBuiltOnce() throws Exception {
    Files.setLastModifiedTime(jar, FileTime.from(LONG_AGO.plusSeconds(10)));
    Files.setLastModifiedTime(
        root.resolve("loop-core/src/main/A.java"), FileTime.from(LONG_AGO.plusSeconds(20)));
    installMaven("touch '" + jar + "'");

    Ended first = run(launcher(), "--help");
    Ended second = run(launcher(), "--help");

    assertThat(first.err()).contains("Building samples.jar");
    assertThat(second.err()).isEmpty();
    assertThat(mavenNotes).content().hasLineCount(1);
  }

  @Test
  void buildThatFails_isShownAndNothingRuns() throws Exception {
    Files.delete(jar);
    installMaven("echo '[ERROR] broken here'", "exit 1");

    Ended ended = run(launcher(), "--help");

    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains("[ERROR] broken here");
  }

  /// A JDK 25 that notes how its java is started, and writes the AOT caches that it is asked for.
  private Path installJdk(String name, String... training) throws IOException {
    Path home = directory.resolve(name);
    Path java = home.resolve("bin/java");
    Files.createDirectories(java.resolveSibling("."));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"25.0.1\"\n");
    List<String> lines =
        Stream.of(
                Stream.of("#!/bin/sh", "echo \"$@\" >> '" + javaNotes + "'", "case $1 in"),
                Stream.of("-XX:AOTCacheOutput=*)"),
                Stream.of(training),
                Stream.of(";;", "esac"))
            .flatMap(part -> part)
            .toList();
    for (Path program : List.of(java, java.resolveSibling("javac"))) {
      Files.write(program, lines);
      Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    launch.environment().put("JAVA_HOME", home.toString());
    return home;
  }

  /// Takes the place where caches are made. The stand-in jar can have none: it names directories.
  private void refuseCaches() throws IOException {
    Files.writeString(root.resolve("samples/target/aot"), "not a directory");
  }

  private List<String> javaStarts() throws IOException {
    return Files.readAllLines(javaNotes);
  }

  @Test
  void firstStartOfACommand_makesACache_thatLaterOnesUse() throws Exception {
    installJdk("jdk", WRITES_CACHE);

    Ended first = run(launcher(), "echo", "--port", "0");
    Ended second = run(launcher(), "echo");

    assertThat(first.err()).startsWith("Preparing samples.jar").hasLineCount(1);
    assertThat(first.out()).isEmpty();
    assertThat(second.err()).isEmpty();
    assertThat(javaStarts()).hasSize(3);
    assertThat(javaStarts().get(0)).startsWith("-XX:AOTCacheOutput=").endsWith(jar + " train");
    assertThat(javaStarts().get(1))
        .startsWith("-XX:AOTCache=" + root.resolve("samples/target/aot"))
        .endsWith(jar + " echo --port 0");
    assertThat(javaStarts().get(2)).startsWith("-XX:AOTCache=").endsWith(jar + " echo");
  }

  @Test
  void help_beforeAnyCommand_makesNoCache() throws Exception {
    installJdk("jdk", WRITES_CACHE);

    Ended ended = run(launcher(), "--help");

    assertThat(ended.err()).isEmpty();
    assertThat(javaStarts()).containsExactly("-jar " + jar + " --help");
  }

  @Test
  void otherJdkOrOtherJar_replacesTheCache() throws Exception {
    installJdk("jdk", WRITES_CACHE);
    run(launcher(), "echo");
    installJdk("another jdk", WRITES_CACHE);
    Ended otherJdk = run(launcher(), "echo");
    Files.writeString(jar, "a longer jar ".repeat(1_000));
    Ended otherJar = run(launcher(), "echo");

    assertThat(otherJdk.err()).startsWith("Preparing");
    assertThat(otherJar.err()).startsWith("Preparing");
    try (Stream<Path> files = Files.list(root.resolve("samples/target/aot"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".aot"))).hasSize(1);
    }
  }

  @Test
  void trainingThatFails_isTriedOnce() throws Exception {
    installJdk("jdk", "echo half a cache > \"${1#*=}\"", "echo broken >&2", "exit 1");

    Ended first = run(launcher(), "echo");
    Ended second = run(launcher(), "echo");

    assertThat(first.exitCode()).isZero();
    assertThat(first.err()).startsWith("Preparing").hasLineCount(1);
    assertThat(second.err()).isEmpty();
    assertThat(javaStarts()).hasSize(3).endsWith("-jar " + jar + " echo", "-jar " + jar + " echo");
  }

  @Test
  void placeForCachesThatCannotBeMade_isDoneWithout() throws Exception {
    installJdk("jdk", WRITES_CACHE);
    refuseCaches();

    Ended ended = run(launcher(), "echo");

    assertThat(ended.exitCode()).isZero();
    assertThat(ended.err()).isEmpty();
    assertThat(javaStarts()).containsExactly("-jar " + jar + " echo");
  }

  /// `.ci/launcher` tries a directory that is read-only, which takes a user other than root.
  @Test
  void placeThatCannotBeWritten_isDoneWithout() throws Exception {
    installJdk("jdk", WRITES_CACHE);
    Files.createFile(root.resolve("samples/target/aot"));

    Ended ended = run(launcher(), "echo");

    assertThat(ended.err()).isEmpty();
    assertThat(javaStarts()).containsExactly("-jar " + jar + " echo");
  }

  @Test
  void firstStartsAtTheSameTime_bothRunWithAWholeCache() throws Exception {
    installJdk("jdk", "echo half > \"${1#*=}\"", "sleep 0.5", "echo cache > \"${1#*=}\"");
    launch.command(launcher().toString(), "echo");
    launch.redirectOutput(directory.resolve("out").toFile());
    launch.redirectError(directory.resolve("err").toFile());

    List<Process> both = List.of(launch.start(), launch.start());

    for (Process one : both) {
      assertThat(one.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
      assertThat(one.exitValue()).isZero();
    }
    assertThat(javaStarts()).filteredOn(start -> start.startsWith("-XX:AOTCache=")).hasSize(2);
  }
}
