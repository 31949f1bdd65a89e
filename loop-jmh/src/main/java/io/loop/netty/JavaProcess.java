package io.loop.netty;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Child processes that run the same Java.
final class JavaProcess {

  private static final int PATIENCE_SECONDS = 60; // writing a cache takes a few

  private JavaProcess() {}

  /// {@return a child to be started; it inherits standard error}
  ///
  /// @param arguments the arguments of `java`
  static ProcessBuilder of(List<String> arguments) {
    return of(List.of(), arguments);
  }

  /// {@return a child to be started; it inherits standard error}
  ///
  /// @param prefix what comes before `java`, as of a [io.loop.report.Pinning]
  /// @param arguments the arguments of `java`
  static ProcessBuilder of(List<String> prefix, List<String> arguments) {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
  }

  /// {@return the class path of this JVM}
  static String classPath() {
    return System.getProperty("java.class.path");
  }

  /// Waits for a child that was asked to end, and kills it if it does not.
  ///
  /// @throws IOException if it had to be killed
  static void awaitEnd(Process process) throws IOException, InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      kill(process);
      throw new IOException("had to kill " + process.info());
    }
  }

  /// Kills a child and waits until it has ended.
  static void kill(Process process) throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /// Ends this JVM after a time, whatever still runs, unless it ends before.
  static void haltAfter(Duration time) {
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            Thread.sleep(time);
          } catch (InterruptedException ended) {
            return;
          }
          System.err.println("has not ended within " + time);
          Runtime.getRuntime().halt(1);
        });
  }
}
