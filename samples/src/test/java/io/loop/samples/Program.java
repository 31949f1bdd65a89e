package io.loop.samples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// A sample in a JVM of its own, so that signals and exit codes are the real ones.
final class Program implements AutoCloseable {

  private static final long PATIENCE_SECONDS = 120;

  /// These programs live for a second or two, and the second compiler costs them more than it
  /// saves.
  private static final List<String> SHORT_LIVED = List.of("-XX:TieredStopAtLevel=1");

  private final Process process;
  private final BufferedReader out;

  private Program(Process process) {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
    // a program that hangs must not hang the test that reads from it
    CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS)
        .execute(process::destroyForcibly);
  }

  static Program start(List<String> jvmFlags, String... arguments) {
    List<String> command = java(jvmFlags);
    command.add(Samples.class.getName());
    command.addAll(List.of(arguments));
    return start(command);
  }

  /// Starts a program that is not compiled yet.
  static Program ofSource(List<String> jvmFlags, Path source, String... arguments) {
    List<String> command = java(jvmFlags);
    command.add(source.toString());
    command.addAll(List.of(arguments));
    return start(command);
  }

  /// Starts a program in Python.
  static Program ofPython(Path source, String... arguments) {
    List<String> command = new ArrayList<>(List.of("python3", source.toString()));
    command.addAll(List.of(arguments));
    return start(command);
  }

  private static List<String> java(List<String> jvmFlags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(SHORT_LIVED);
    command.addAll(jvmFlags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    return command;
  }

  private static Program start(List<String> command) {
    try {
      return new Program(new ProcessBuilder(command).start());
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  /// {@return the lines that the program prints, up to its end}
  Stream<String> lines() {
    return out.lines();
  }

  String readLine() throws IOException {
    String line = out.readLine();
    return line == null ? "(end of output)" : line;
  }

  /// Waits for an echo server to say where it listens.
  int readPort() throws IOException {
    String line = readLine();
    if (!line.startsWith("listening on ")) {
      throw new IOException("expected 'listening on', got '" + line + "': " + errors());
    }
    return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
  }

  /// Reads what the program prints as an error, up to a line with a text, or to the end.
  String readError(String part) throws IOException {
    BufferedReader errors = process.errorReader(StandardCharsets.UTF_8);
    String line = errors.readLine();
    while (line != null && !line.contains(part)) {
      line = errors.readLine();
    }
    return line == null ? "(end of errors)" : line;
  }

  /// Sends SIGTERM. What the program prints can still be read, unlike after `Process.destroy`.
  void terminate() {
    boolean _ = process.toHandle().destroy();
  }

  /// Sends a signal, for instance `HUP`.
  ///
  /// @return whether the program was there
  boolean signal(String name) throws IOException, InterruptedException {
    String pid = Long.toString(process.pid());
    return process.isAlive() && new ProcessBuilder("kill", "-" + name, pid).start().waitFor() == 0;
  }

  int exitCode() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the program did not end");
    }
    return process.exitValue();
  }

  /// Closes this end of the program's output.
  void closeOutput() throws IOException {
    out.close();
  }

  String errors() throws IOException {
    InputStream errors = process.getErrorStream();
    return new String(errors.readAllBytes(), StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /// {@return a socket that keeps a port from everybody else} Nothing listens there.
  static Socket keepPort() throws IOException {
    var kept = new Socket();
    kept.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return kept;
  }
}
