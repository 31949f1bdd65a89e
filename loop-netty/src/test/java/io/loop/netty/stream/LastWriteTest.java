package io.loop.netty.stream;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.netty.LoopKind;
import io.loop.netty.OnNetty;
import io.loop.stream.StreamWriter;
import io.loop.task.Task;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a task writes last, when its loop closes right after that.
final class LastWriteTest extends OnNetty {

  private static final String GOODBYE = "goodbye";
  private static final int TIMES = 20;

  /// What a client does with its connection.
  private interface Client {
    void use(StreamWriter writer);
  }

  /// Attached loops open no connections.
  static Stream<LoopKind> kinds() {
    return LoopKind.all().filter(kind -> kind.origin() != LoopKind.Origin.ATTACHED);
  }

  private static void sayGoodbye(StreamWriter writer) {
    writer.write(GOODBYE.getBytes(StandardCharsets.US_ASCII));
  }

  private static String received(LoopKind kind, Client client) throws IOException {
    try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      listener.setSoTimeout((int) PATIENCE.toMillis());
      kind.run(
          _ -> client.use(Streams.openConnection("127.0.0.1", listener.getLocalPort()).writer()));
      try (Socket peer = listener.accept()) {
        peer.setSoTimeout((int) PATIENCE.toMillis());
        return new String(peer.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      }
    }
  }

  private static void assertHeard(LoopKind kind, Client client) throws IOException {
    for (int i = 0; i < TIMES; i++) {
      assertThat(received(kind, client)).isEqualTo(GOODBYE);
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void lastWrite_ofTheMainTask_isSent(LoopKind kind) throws IOException {
    assertHeard(kind, LastWriteTest::sayGoodbye);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void lastWrite_beforeAClose_isSent(LoopKind kind) throws IOException {
    assertHeard(
        kind,
        writer -> {
          sayGoodbye(writer);
          writer.close();
        });
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void lastWrite_ofATaskThatTheClosingCancels_isSent(LoopKind kind) throws IOException {
    assertHeard(
        kind,
        writer -> {
          Task<Void> _ = createTask(() -> untilCancelled(writer));
          sleep(Duration.ZERO); // it has begun
        });
  }

  private static Void untilCancelled(StreamWriter writer) {
    try {
      sleep(Duration.ofDays(1));
      return null;
    } finally {
      sayGoodbye(writer);
    }
  }
}
