package io.loop.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.netty.util.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Where and when something was measured. It is saved in a separate file next to the results.
///
/// @param date the day, in UTC
/// @param set `quick` or `full`
/// @param cores how many processors the JVM sees
/// @param cpu the processor's name, as the operating system gives it
/// @param os the operating system and its version
/// @param jvm the virtual machine and its version
/// @param netty Netty's version
/// @param pinning where servers and clients run; null in the files of older versions
record Machine(
    String date,
    String set,
    int cores,
    String cpu,
    String os,
    String jvm,
    String netty,
    @Nullable String pinning) {

  private static final Path CPUS = Path.of("/proc/cpuinfo");

  static Machine here(String set) {
    return new Machine(
        LocalDate.now(ZoneOffset.UTC).toString(),
        set,
        Runtime.getRuntime().availableProcessors(),
        cpuName(),
        System.getProperty("os.name") + " " + majorAndMinor(System.getProperty("os.version")),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
        nettyVersion(),
        Pinning.here().describe());
  }

  private static String majorAndMinor(String version) {
    return version.replaceFirst("^(\\d+\\.\\d+).*", "$1");
  }

  private static String cpuName() {
    if (Files.isReadable(CPUS)) {
      try (Stream<String> lines = Files.lines(CPUS)) {
        return lines
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElseGet(() -> System.getProperty("os.arch"));
      } catch (IOException e) {
        // The name is not essential: use the architecture.
      }
    }
    return System.getProperty("os.arch");
  }

  private static String nettyVersion() {
    return Version.identify().values().stream()
        .map(Version::artifactVersion)
        .findFirst()
        .orElse("of unknown version");
  }

  void write(Path json) throws IOException {
    Files.writeString(json, new GsonBuilder().setPrettyPrinting().create().toJson(this));
  }

  /// {@return the content of the file, if it exists}
  static Optional<Machine> read(Path json) throws IOException {
    if (!Files.exists(json)) {
      return Optional.empty();
    }
    return Optional.of(new Gson().fromJson(Files.readString(json), Machine.class));
  }

  /// {@return the machine that some results were measured on, if it is known}
  ///
  /// @param results the file of the results
  static Optional<Machine> beside(Path results) throws IOException {
    return read(of(results));
  }

  /// {@return the file beside some results}
  static Path of(Path results) {
    return results.resolveSibling("machine.json");
  }

  /// {@return whether figures of the two can be compared}
  boolean isLike(Machine other) {
    return withoutDate().equals(other.withoutDate());
  }

  private Machine withoutDate() {
    return new Machine("", "", cores, cpu, os, jvm, netty, pinning);
  }

  /// {@return a description in one line}
  String describe() {
    String machine =
        "%d cores, %s, %s, %s, Netty %s; measured on %s (%s)"
            .formatted(cores, cpu, os, jvm, netty, date, set);
    return pinning == null ? machine : machine + "; " + pinning;
  }
}
