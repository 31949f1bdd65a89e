package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.transport.Transport;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class EchoServerTest {

  private static final int PATIENCE_MILLIS = 30_000;
  private static final int CONNECTIONS = 4;
  private static final int BYTES = 1 << 20; // more than the buffers of sockets hold
  private static final int LARGEST_PIECE = 10_000;
  private static final Executor THREADS = task -> Thread.ofPlatform().daemon().start(task);

  private static Stream<Arguments> servers() {
    return Stream.of(
            "streams",
            "streamsInto",
            "streamsBuffers",
            "channel",
            "channelAttached",
            "rawNetty",
            "rawNettyAndThread",
            "blockingVirtualThreads",
            "vertx",
            "vertxVirtualThread",
            "reactorNetty")
        .flatMap(
            name -> Transport.available().stream().map(transport -> Arguments.of(name, transport)));
  }

  @ParameterizedTest
  @MethodSource("servers")
  void echo_randomBytesInPieces_comeBackInOrder(String name, Transport transport)
      throws IOException, InterruptedException {
    EchoServer server = EchoServer.start(name, transport);
    List<CompletableFuture<byte[]>> answers = new ArrayList<>();
    try {
      for (int seed = 0; seed < CONNECTIONS; seed++) {
        answers.add(talk(server.port(), seed));
      }

      for (int seed = 0; seed < CONNECTIONS; seed++) {
        assertThat(answers.get(seed).join()).as("seed " + seed).isEqualTo(bytes(seed));
      }
    } finally {
      server.close();
    }
  }

  /// {@return what comes back for the bytes of a seed, all of it or what came before the end}
  private static CompletableFuture<byte[]> talk(int port, int seed) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(PATIENCE_MILLIS);
            var sending = CompletableFuture.runAsync(() -> send(socket, seed), THREADS);
            byte[] answer = socket.getInputStream().readNBytes(BYTES);
            sending.join();
            return answer;
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        },
        THREADS);
  }

  private static void send(Socket socket, int seed) {
    byte[] bytes = bytes(seed);
    var random = new Random(seed);
    try {
      OutputStream out = socket.getOutputStream();
      for (int sent = 0; sent < BYTES; ) {
        int length = Math.min(random.nextInt(1, LARGEST_PIECE), BYTES - sent);
        out.write(bytes, sent, length);
        sent += length;
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] bytes(int seed) {
    byte[] bytes = new byte[BYTES];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
