package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/// Servers that cannot be reached.
class FetchFailureTest {

  @Test
  void connections_thatCouldNotBeOpened_doNotCount() throws IOException {
    try (var bound = Program.keepPort()) {
      String url = "http://127.0.0.1:" + bound.getLocalPort() + "/";
      var out = new StringWriter();
      var err = new StringWriter();
      CommandLine commandLine = Samples.commandLine("fetch");
      commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));

      assertThat(commandLine.execute("fetch", "--attempts", "2", url)).isEqualTo(1);
      assertThat(err.toString()).startsWith("failed: " + url).hasLineCount(1);
      assertThat(out.toString()).contains("failed=1 attempts=2 connections=0 ");
    }
  }

  @Test
  void name_thatHasNoAddress_isNotTriedAgain() {
    assertThat(FetchFailure.mayPass(new UnknownHostException("nosuch: no such name"))).isFalse();
    assertThat(FetchFailure.mayPass(new ConnectException("Connection refused"))).isTrue();
  }
}
