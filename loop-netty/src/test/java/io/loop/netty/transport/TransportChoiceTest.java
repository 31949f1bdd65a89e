package io.loop.netty.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.netty.OnNetty;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Which transport a JVM chooses, and what it says if a better one was not to be had.
@Tag("slow")
class TransportChoiceTest {

  private static final long PATIENCE_SECONDS = 60;

  private static final List<String> NAMESPACE =
      List.of("unshare", "--user", "--map-root-user", "--mount", "sh", "-c");
  private static final String MOUNT = "mount -t tmpfs -o \"$0\" loop-test /mnt";

  @TempDir private Path directory;

  private String named = "epoll";

  /// What a child runs: it chooses three times, and says what it is told about a transport by name.
  static final class Choose {

    private Choose() {}

    public static void main(String... arguments) {
      Transport chosen = Transport.best();
      System.out.println("chosen: " + chosen);
      System.out.println("again: " + Transport.best() + Transport.named("auto"));
      try {
        System.out.println("named: " + Transport.named(arguments[0]));
      } catch (IllegalArgumentException missing) {
        System.out.println("named: " + missing.getMessage());
      }
    }
  }

  /// Epoll where this machine has it: what is taken away is not there to begin with elsewhere.
  static Stream<Transport> epoll() {
    return OnNetty.transports().filter(transport -> transport == Transport.EPOLL);
  }

  private static Stream<String> entries() {
    return Pattern.compile(":").splitAsStream(System.getProperty("java.class.path"));
  }

  private static String classPath(Predicate<String> wanted) {
    return entries().filter(wanted).collect(Collectors.joining(":"));
  }

  private static boolean isLibrary(String entry) {
    String name = Path.of(entry).getFileName().toString();
    return entry.endsWith("target/classes")
        || name.startsWith("jspecify")
        || (name.startsWith("netty-") && !name.startsWith("netty-all"))
        || name.matches("loop-(core|netty)-[^-]*(-SNAPSHOT)?\\.jar");
  }

  private String run(List<String> prefix, List<String> options)
      throws IOException, InterruptedException {
    Path output = directory.resolve("output");
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dio.loop.transport=auto");
    command.addAll(options);
    command.add(named);
    Process child =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(child.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
    } finally {
      child.destroyForcibly();
    }
    return Files.readString(output);
  }

  private String onClassPath(String classPath, String... options)
      throws IOException, InterruptedException {
    return run(List.of(), classPathOptions(classPath, options));
  }

  private static List<String> classPathOptions(String classPath, String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", classPath));
    all.add(Choose.class.getName());
    return all;
  }

  private String onModulePath(String... options) throws IOException, InterruptedException {
    String tests =
        entries()
            .filter(entry -> entry.endsWith("loop-netty/target/test-classes"))
            .findFirst()
            .orElseThrow();
    List<String> all = new ArrayList<>(List.of(options));
    all.addAll(
        List.of(
            "--module-path",
            classPath(TransportChoiceTest::isLibrary),
            "--patch-module",
            "io.loop.netty=" + tests,
            "--module",
            "io.loop.netty/" + Choose.class.getName()));
    return run(List.of(), all);
  }

  private static String processor() {
    return PlatformDependent.normalizedArch();
  }

  private static void assertNioWith(String output, String cure) {
    assertThat(output.lines()).contains("chosen: nio", "again: nionio");
    assertThat(output.lines().filter(line -> line.contains("Using the transport nio")))
        .singleElement()
        .asString()
        .startsWith("INFO: ")
        .contains("because epoll is not available: ", cure);
    assertThat(output.lines().filter(line -> line.startsWith("named: ")))
        .singleElement()
        .asString()
        .contains("epoll is not available: ", cure, "Available transports: ", "nio");
  }

  private static void assertEpollWithoutAWord(String output) {
    assertThat(output.lines()).contains("chosen: epoll", "again: epollepoll", "named: epoll");
    assertThat(output).doesNotContain("INFO", "not available");
  }

  @Test
  void named_unknown_namesTheChoices() {
    assertThatThrownBy(() -> Transport.named("foo"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("unknown transport 'foo'; choose one of auto, io_uring, epoll, kqueue, nio");
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("epoll")
  void best_onTheClassPath_isEpollWithoutAWord(Transport epoll) throws Exception {
    assertEpollWithoutAWord(onClassPath(classPath(_ -> true)));
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("epoll")
  void best_libraryNotOnTheClassPath_namesTheJar(Transport epoll) throws Exception {
    String output = onClassPath(classPath(entry -> !entry.contains("native-epoll")));

    assertNioWith(output, "io.netty:netty-transport-native-epoll with the classifier linux-");
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("epoll")
  void best_onTheModulePath_namesTheModuleToAdd(Transport epoll) throws Exception {
    String module = "io.netty.transport.epoll.linux." + processor();

    assertNioWith(onModulePath(), "--add-modules " + module);
    assertEpollWithoutAWord(onModulePath("--add-modules", module));
  }

  /// io_uring, where Netty has a library for this system, whether its kernel allows it or not.
  static Stream<Transport> ioUring() {
    return PlatformDependent.normalizedOs().equals("linux")
        ? Stream.of(Transport.IO_URING)
        : Stream.of();
  }

  private static String reason(String output) {
    return output.lines().filter(line -> line.startsWith("named: ")).collect(Collectors.joining());
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("ioUring")
  void named_libraryNotOnTheClassPath_namesTheDependency(Transport ioUring) throws Exception {
    named = ioUring.toString();

    String output = onClassPath(classPath(entry -> !entry.contains("native-io_uring")));

    assertThat(reason(output))
        .contains("Add the dependency io.netty:netty-transport-native-io_uring")
        .contains("with the classifier linux-" + processor() + " to the class path")
        .doesNotContain("--add-modules");
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("ioUring")
  void named_libraryNotOnTheModulePath_namesModuleAndDependency(Transport ioUring)
      throws Exception {
    named = ioUring.toString();

    assertThat(reason(onModulePath()))
        .contains("--add-modules io.netty.transport.io_uring.linux.")
        .contains("io.netty:netty-transport-native-io_uring with the classifier linux-")
        .contains(processor() + " on the module path");
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("epoll")
  void best_folderForTheLibraryCannotBeWritten_namesTheProperty(Transport epoll) throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    String output =
        onClassPath(classPath(_ -> true), "-Dio.netty.native.workdir=" + file.resolve("below"));

    assertNioWith(output, "-Dio.netty.native.workdir");
  }

  /// Options of mounts in a namespace of the child's own, where one can be made.
  static Stream<String> mounts() throws InterruptedException {
    return epoll().findAny().isPresent() && canMount() ? Stream.of("ro", "noexec") : Stream.of();
  }

  private static boolean canMount() throws InterruptedException {
    try {
      List<String> command = new ArrayList<>(NAMESPACE);
      command.addAll(List.of(MOUNT, "noexec"));
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException noSuchProgram) {
      return false;
    }
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("mounts")
  void best_temporaryFolderOnSuchAMount_namesTheProperty(String mount) throws Exception {
    List<String> prefix = new ArrayList<>(NAMESPACE);
    prefix.addAll(List.of(MOUNT + " && exec \"$@\"", mount));

    String output = run(prefix, classPathOptions(classPath(_ -> true), "-Djava.io.tmpdir=/mnt"));

    assertNioWith(output, "-Dio.netty.native.workdir");
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("epoll")
  void best_nativeAccessDenied_namesTheOption(Transport epoll) throws Exception {
    String epollModule = "io.netty.transport.epoll.linux." + processor();
    String modules = "--enable-native-access=io.netty.common";

    assertNioWith(
        onModulePath("--illegal-native-access=deny", "--add-modules", epollModule), modules);
    assertEpollWithoutAWord(
        onModulePath("--illegal-native-access=deny", modules, "--add-modules", epollModule));
  }

  @ParameterizedTest(allowZeroInvocations = true)
  @MethodSource("epoll")
  void best_nativeTransportsSwitchedOff_isNioWithoutAWord(Transport epoll) throws Exception {
    String output = onClassPath(classPath(_ -> true), "-Dio.netty.transport.noNative=true");

    assertThat(output.lines()).contains("chosen: nio");
    assertThat(output).doesNotContain("INFO");
  }
}
