package io.loop.samples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PipedReader;
import java.io.PipedWriter;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/// Runs the echo server and its client briefly, so that the JVM can record what a start needs.
///
/// `bin/loop` calls it once to create an AOT cache. It is not listed in the help.
@Command(
    name = Training.NAME,
    description = "Runs the echo server and its client for a moment, to create an AOT cache.")
final class Training implements Callable<Integer> {

  static final String NAME = "train";

  /// The exit code is the client's. The server is still running then, and ends with the process.
  @Override
  public Integer call() throws IOException {
    try (var out = new PipedReader();
        var lines = new BufferedReader(out)) {
      startServer(new PrintWriter(new PipedWriter(out)));
      String listening = lines.readLine(); // fails if the server ends without a line
      String port = String.valueOf(listening).replaceFirst(".*:", "");
      return run("echo-client", "--port", port, "--connections", "2", "--messages", "10");
    }
  }

  private static void startServer(PrintWriter out) {
    CommandLine server = Samples.commandLine("echo");
    server.setOut(out);
    Thread.ofPlatform()
        .daemon()
        .name("training-server")
        .start(() -> server.execute("echo", "--port", "0"));
  }

  private static int run(String... arguments) {
    return Samples.commandLine(arguments).execute(arguments);
  }
}
