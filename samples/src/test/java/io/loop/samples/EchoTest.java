package io.loop.samples;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.transport.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("slow")
class EchoTest {

  private static final List<String> FLAGS =
      List.of(
          "--add-opens", "java.base/java.lang=ALL-UNNAMED", "--enable-native-access=ALL-UNNAMED");
  private static final List<String> NO_FLAGS = List.of();

  static Stream<Transport> transports() {
    return Transport.available().stream();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void client_everyTransport_getsEveryByteBack(Transport transport) throws Exception {
    try (var server = echo(FLAGS, "--transport", transport.toString())) {
      int port = server.readPort();

      try (var client = client(FLAGS, port, "--transport", transport.toString())) {
        assertThat(client.readLine()).contains("sent=800 received=800 mismatches=0");
        assertThat(client.exitCode()).isZero();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void client_ofTheChannelStyle_getsEveryByteBack(Transport transport) throws Exception {
    try (var server =
        echo(FLAGS, "--style", "channel", "--loops", "2", "--transport", transport.toString())) {
      int port = server.readPort();

      try (var client = client(FLAGS, port)) {
        assertThat(client.readLine()).contains("sent=800 received=800 mismatches=0");
      }
      server.terminate();
      assertThat(server.exitCode()).isZero();
    }
  }

  @Test
  void client_ofLoopsThatAcceptForThemselves_getsEveryByteBack() throws Exception {
    try (var server = echo(FLAGS, "--loops", "2", "--reuse-port")) {
      int port = server.readPort();

      try (var client = client(FLAGS, port)) {
        assertThat(client.readLine()).contains("sent=800 received=800 mismatches=0");
      }
      server.terminate();
      assertThat(server.exitCode()).isZero();
    }
  }

  @Test
  void client_severalLoops_getsEveryByteBack() throws Exception {
    try (var server = echo(FLAGS, "--loops", "2")) {
      int port = server.readPort();

      try (var client = client(FLAGS, port)) {
        assertThat(client.readLine()).contains("sent=800 received=800 mismatches=0");
      }
      server.terminate();
      assertThat(server.exitCode()).isZero();
    }
  }

  @Test
  void client_atARateForATime_sendsAsManyAsThatMakes() throws Exception {
    try (var server = echo(FLAGS)) {
      int port = server.readPort();

      try (var client = client(FLAGS, port, "--rate", "200", "--duration", "1")) {
        assertThat(client.readLine()).contains("sent=200 received=200 mismatches=0");
        assertThat(client.exitCode()).isZero();
      }
    }
  }

  @Test
  void client_moreConnectionsThanTheServerAllows_areCutOff() throws Exception {
    try (var server = echo(FLAGS, "--max-connections", "5")) {
      int port = server.readPort();

      try (var client = client(FLAGS, port, "--hold", "1", "--until-closed")) {
        assertThat(client.readLine()).isEqualTo("8 connections open");
        assertThat(client.readLine()).contains("received=500 mismatches=0", "torn=0");
      }
    }
  }

  @Test
  void client_serverEndsWhileConnectionsAreIdle_countsThem() throws Exception {
    try (var server = echo(FLAGS)) {
      int port = server.readPort();

      try (var client = client(FLAGS, port, "--hold", "3600", "--until-closed")) {
        assertThat(client.readLine()).isEqualTo("8 connections open");
        // an answer says that those before it were accepted; the system resets the others
        assertThat(exchange(port, "hello\n")).isEqualTo("hello\n");
        server.terminate();
        assertThat(client.readLine()).contains("received=0", "closed=8 resets=0 torn=0");
        assertThat(client.exitCode()).isZero();
      }
    }
  }

  @Test
  void bothSides_withoutFlags_saySoInOneLineAndWork() throws Exception {
    try (var server = echo(NO_FLAGS)) {
      int port = server.readPort();

      try (var client = client(NO_FLAGS, port)) {
        assertThat(client.readLine()).contains("sent=800 received=800 mismatches=0");
        assertThat(client.errors()).containsOnlyOnce("--add-opens=java.base/java.lang=ALL-UNNAMED");
      }
      server.terminate();
      assertThat(server.exitCode()).isZero();
    }
  }

  @Test
  void line_sentByAPlainSocket_comesBack() throws Exception {
    try (var server = echo(FLAGS)) {
      String answer = exchange(server.readPort(), "hello\n");

      assertThat(answer).isEqualTo("hello\n");
    }
  }

  @Test
  void sigterm_withAnIdleConnection_endsWithinTheGraceTimeAndCode0() throws Exception {
    try (var server = echo(FLAGS);
        var idle = new Socket(InetAddress.getLoopbackAddress(), server.readPort())) {
      assertThat(idle.isConnected()).isTrue();

      server.terminate();

      assertThat(server.exitCode()).isZero();
    }
  }

  private static Program echo(List<String> flags, String... options) {
    return Program.start(
        flags,
        Stream.concat(Stream.of("echo", "--port", "0"), Stream.of(options)).toArray(String[]::new));
  }

  private static Program client(List<String> flags, int port, String... options) {
    return Program.start(
        flags,
        Stream.concat(
                Stream.of(
                    "echo-client",
                    "--port",
                    Integer.toString(port),
                    "--connections",
                    "8",
                    "--messages",
                    "100"),
                Stream.of(options))
            .toArray(String[]::new));
  }

  private static String exchange(int port, String line) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write(line.getBytes(StandardCharsets.UTF_8));
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
