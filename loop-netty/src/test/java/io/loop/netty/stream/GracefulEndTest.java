package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.netty.LoopGroup;
import io.loop.netty.transport.Transport;
import io.loop.sync.Event;
import io.loop.task.Task;
import io.loop.task.Tasks;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a server owes its peers when it ends.
class GracefulEndTest extends ServerTests {

  private static final Duration DAY = Duration.ofDays(1);

  private static final int LARGE = 4 << 20;

  private static Server start(ConnectionBody body, ServerOptions options) throws IOException {
    return Streams.startServer(body, "127.0.0.1", 0, options);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledWhileABodyWaitsForABackend_theAnswerIsSent(Transport transport) {
    runOn(
        transport,
        () -> {
          var asked = new Event();
          var backend = new Event();
          Server server =
              start(
                  (reader, writer) -> {
                    for (byte[] line : reader) {
                      asked.set();
                      backend.await();
                      writer.write(line);
                    }
                    log.add("input ended");
                  },
                  ServerOptions.DEFAULT);
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            send(client, "hello\n");
            asked.await();

            serving.cancel();
            polls(5);
            backend.set();

            assertThat(offLoop(() -> rest(client))).isEqualTo("hello\n");
          }
          assertCancelled(serving);
          assertThat(log).containsExactly("input ended");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledWhenTheRequestLiesInTheSocket_itIsServed(Transport transport) {
    runOn(
        transport,
        () -> {
          Server server = start(TlsTest::echo, ServerOptions.DEFAULT);
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            until(() -> server.connectionCount() == 1);
            polls(3);
            boolean _ =
                Tasks.onLoopThread(() -> {
                  send(client, "hello\n"); // the loop cannot look at its sockets meanwhile
                  return serving.cancel();
                });

            assertThat(offLoop(() -> rest(client))).isEqualTo("hello\n");
          }
          assertCancelled(serving);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledInTheMiddleOfAMessage_theRestIsRead(Transport transport) {
    runOn(
        transport,
        () -> {
          Server server =
              start(
                  (reader, writer) -> {
                    writer.write(reader.readExactly(10));
                    log.add("next: " + reader.read(10).length);
                  },
                  ServerOptions.DEFAULT);
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            send(client, "01234");
            until(() -> server.connectionCount() == 1);
            polls(3);
            serving.cancel();
            polls(5);
            send(client, "56789");

            assertThat(offLoop(() -> rest(client))).isEqualTo("0123456789");
          }
          assertCancelled(serving);
          assertThat(log).containsExactly("next: 0");
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledWhileABodySavesForAPeerThatHasGone_waitsForIt(Transport transport) {
    runOn(
        transport,
        () -> {
          var saving = new Event();
          var saved = new Event();
          Server server =
              start(
                  (reader, _) -> {
                    byte[] all = reader.read();
                    saving.set();
                    saved.await();
                    log.add("saved " + all.length);
                  },
                  ServerOptions.DEFAULT);
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            send(client, "hello");
          }
          saving.await();

          serving.cancel();
          polls(5);
          assertThat(serving.isDone()).isFalse();
          saved.set();

          assertCancelled(serving);
          assertThat(log).containsExactly("saved 5");
        });
  }

  /// A socket that is closed with unread bytes resets the connection.
  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledWithUnreadInput_aLargeAnswerArrivesWhole(Transport transport) {
    runOn(
        transport,
        () -> {
          var asked = new Event();
          var go = new Event();
          Server server =
              start(
                  (reader, writer) -> {
                    byte[] _ = reader.readLine();
                    asked.set();
                    go.await();
                    writer.write(new byte[LARGE]);
                  },
                  ServerOptions.DEFAULT.withLimit(1024));
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            var mayRead = new CountDownLatch(1);
            Task<Integer> received =
                Asyncio.createTask(() ->
                    offLoop(() -> {
                      send(client, "hello\n" + "more\n".repeat(10_000));
                      mayRead.await();
                      return client.getInputStream().readAllBytes().length;
                    }));
            asked.await();

            serving.cancel();
            polls(5);
            go.set();
            polls(20);
            mayRead.countDown();

            assertThat(received.await()).isEqualTo(LARGE);
          }
          assertCancelled(serving);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void serveForever_cancelledAndTheGraceIsOver_cancelsBodiesAndSendsTheirLastWords(
      Transport transport) {
    runOn(
        transport,
        () -> {
          var asked = new Event();
          Server server =
              start(
                  (reader, writer) -> {
                    byte[] _ = reader.readLine();
                    asked.set();
                    try {
                      Asyncio.sleep(DAY);
                    } finally {
                      writer.write(TlsTest.ascii("goodbye\n"));
                    }
                  },
                  ServerOptions.DEFAULT.withGrace(Duration.ofMillis(50)));
          Task<Void> serving = serve(server);
          try (Socket client = connect(server)) {
            send(client, "hello\n");
            asked.await();
            serving.cancel();

            assertThat(offLoop(() -> rest(client))).isEqualTo("goodbye\n");
          }
          assertCancelled(serving);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void close_ofAGroup_whileABodyWaitsForABackend_theAnswerIsSent(Transport transport) {
    var asked = new CountDownLatch(1);
    var backend = new CountDownLatch(1);
    runOn(
        transport,
        () -> {
          var group = new LoopGroup(2, transport);
          Server server =
              start(
                  (reader, writer) -> {
                    for (byte[] line : reader) {
                      asked.countDown();
                      backend.await();
                      Asyncio.sleep(Duration.ofMillis(1));
                      writer.write(line);
                    }
                  },
                  ServerOptions.DEFAULT.withGroup(group).withGrace(DAY)); // for peers: a second
          try (Socket client = connect(server)) {
            send(client, "hello\n");
            boolean _ =
                offLoop(() -> {
                  asked.await();
                  var _ = group.eventLoops().shutdownGracefully(0, 1, TimeUnit.DAYS);
                  backend.countDown();
                  group.close();
                  return true;
                });

            assertThat(offLoop(() -> rest(client))).isEqualTo("hello\n");
          }
          server.close();
          server.waitClosed();
        });
  }
}
