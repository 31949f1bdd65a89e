package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/// Servers that cannot be reached.
class FetchFailureTest {

  @Test
  void connections_thatCouldNotBeOpened_doNotCount() throws IOException {
    try (var bound = new Socket()) { // to a port that nobody else can take
      bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
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

  @ParameterizedTest
  @CsvSource({
    "nosuch: Temporary failure in name resolution, true",
    "nosuch: Name or service not known, false",
    "'nosuch: nodename nor servname provided, or not known', false",
    "No such host is known (nosuch), false"
  })
  void name_thatDoesNotExist_isNotTriedAgain(String message, boolean mayPass) {
    assertThat(FetchFailure.mayPass(new UnknownHostException(message))).isEqualTo(mayPass);
  }
}
