package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class SamplesTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine commandLine = Samples.commandLine(arguments);
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(arguments);
  }

  @Test
  void help_isPrintedAndSucceeds() {
    int code = run("echo", "--help");

    assertThat(code).isZero();
    assertThat(out.toString()).contains("--transport", "--carrier", "--loops");
  }

  @Test
  void help_withoutCommand_namesAllCommands() {
    int code = run("--help");

    assertThat(code).isZero();
    assertThat(out.toString())
        .contains(
            "echo",
            "echo-client",
            "tls-echo",
            "udp-echo",
            "embed",
            "redis",
            "chat",
            "http",
            "http2",
            "dns",
            "mqtt",
            "smtp",
            "socks",
            "proxy",
            "fetch",
            "supervisor",
            "pipeline",
            "websocket",
            "sse");
  }

  @Test
  void namedCommand_isTheOnlyOneMade() {
    CommandLine all = Samples.commandLine();

    assertThat(all.getSubcommands())
        .hasSize(19)
        .allSatisfy((name, _) ->
            assertThat(Samples.commandLine(name).getSubcommands()).containsOnlyKeys(name));
  }

  @Test
  void train_runsServerAndClientAndEnds() throws Exception {
    try (var program =
        Program.start(List.of("--enable-native-access=ALL-UNNAMED"), Training.NAME)) {
      assertThat(program.lines()).anyMatch(line -> line.startsWith("sent=20 received=20 mis"));
      assertThat(program.exitCode()).isZero();
    }
  }

  @Test
  void version_isPrintedAndSucceeds() {
    int code = run("--version");

    assertThat(code).isZero();
    assertThat(out.toString()).startsWith("loop ");
  }

  @Test
  void noCommand_listsTheCommandsAndExitsWith2() {
    int code = run();

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("Usage: loop", "echo-client");
  }

  @Test
  void help_ofEveryCommand_isAWholeSentenceInTheList() {
    assertThat(Samples.commandLine().getSubcommands())
        .allSatisfy((_, command) ->
            assertThat(command.getCommandSpec().usageMessage().description()[0]).endsWith("."));
  }

  @Test
  void wrongOption_namesTheHelpAndExitsWith2() {
    int code = run("echo", "--prot", "1");

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("--prot", "Try 'loop echo --help'");
  }

  @Test
  void unknownTransport_saysWhichThereAre() {
    int code = run("echo", "--transport", "pigeon");

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("pigeon", "nio", "epoll", "Try 'loop echo --help'");
  }

  @Test
  void socketOfSystemd_thatWasNotPassed_saysHowToStart() {
    int code = run("echo", "--systemd");

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("start this program by a .socket unit");
  }

  @Test
  void socketOfSystemd_withReusePort_isRefused() {
    int code = run("echo", "--systemd", "--reuse-port");

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("--reuse-port and --systemd exclude each other");
  }

  @Test
  void countBelowOne_isRefusedAndExitsWith2() {
    int code = run("echo-client", "--port", "1", "--messages", "0");

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("--messages must be at least 1").hasLineCount(2);
  }

  @Test
  void countBelowNought_isRefusedAndExitsWith2() {
    int code = run("echo-client", "--port", "1", "--rate", "-1");

    assertThat(code).isEqualTo(2);
    assertThat(err.toString()).contains("--rate must be at least 0").hasLineCount(2);
  }

  @ParameterizedTest
  @CsvSource({
    "echo, -1",
    "udp-echo, 65536",
    "tls-echo, 70000",
    "embed, 70000",
    "redis, 70000",
    "echo-client, 70000"
  })
  void portOutOfRange_saysTheRangeAndExitsWith2(String command, String port) {
    int code = run(command, "--port", port);

    assertThat(code).isEqualTo(2);
    assertThat(err.toString())
        .contains("--port must be from 0 to 65535, not " + port)
        .hasLineCount(2);
  }

  @ParameterizedTest
  @CsvSource({"127.0.0.1, 127.0.0.1:80", "::1, [::1]:80", "fe80::1%4711, [fe80::1%4711]:80"})
  void text_isWhatPeopleWrite(String address, String expected) {
    assertThat(ListenOptions.text(new InetSocketAddress(InetAddress.ofLiteral(address), 80)))
        .isEqualTo(expected);
    assertThat(ListenOptions.text(InetSocketAddress.createUnresolved(address, 80)))
        .isEqualTo(expected);
  }

  @Test
  void portInUse_isOneLineAndExitsWith1() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int code = run("echo", "--port", Integer.toString(taken.getLocalPort()));

      assertThat(code).isEqualTo(1);
      assertThat(err.toString()).contains("could not listen on").hasLineCount(1);
    }
  }

  @Test
  void nobodyListens_isOneLineAndExitsWith1() throws IOException {
    try (var bound = Program.keepPort()) {
      int code = run("echo-client", "--port", Integer.toString(bound.getLocalPort()));

      assertThat(code).isEqualTo(1);
      assertThat(err.toString()).containsIgnoringCase("refused").hasLineCount(1);
    }
  }
}
