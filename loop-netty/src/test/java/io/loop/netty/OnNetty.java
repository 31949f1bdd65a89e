package io.loop.netty;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.task.Coro;
import io.netty.util.LeakPresenceDetector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;

/// What the tests on real sockets share: every transport, and the leak gate.
///
/// A body that has not ended after half a minute fails, so that no test hangs.
abstract class OnNetty {

  static final Duration PATIENCE = Duration.ofSeconds(30);

  static Stream<Transport> transports() {
    return Transport.available().stream();
  }

  @AfterAll
  static void noBufferIsLeft() {
    LeakPresenceDetector.check();
  }

  static <T> T run(Transport transport, Coro<T> body) {
    var options =
        Runner.Options.DEFAULT.withoutSignals().withLoop(() -> NettyLoop.create(transport));
    return Asyncio.run(() -> within(body), options);
  }

  static void run(Transport transport, Coro.Action body) {
    run(
        transport,
        () -> {
          body.run();
          return true;
        });
  }

  private static <T> T within(Coro<T> body) throws TimeoutException {
    return Asyncio.timeout(PATIENCE, _ -> body.run());
  }

  static Socket connect(Server server) throws Exception {
    int port = server.localAddress().getPort();
    // off the loop: the accepting side must run meanwhile
    return Asyncio.wrapFuture(CompletableFuture.supplyAsync(() -> open(port), OnNetty::onThread))
        .await();
  }

  private static Socket open(int port) {
    try {
      var socket = new Socket(InetAddress.getLoopbackAddress(), port);
      socket.setSoTimeout((int) PATIENCE.toMillis());
      return socket;
    } catch (IOException fault) {
      throw new UncheckedIOException(fault);
    }
  }

  private static void onThread(Runnable work) {
    Thread.ofPlatform().daemon().start(work);
  }

  /// Runs blocking work on a thread of its own and awaits it.
  static <T> T offLoop(Callable<T> work) {
    var answer = new CompletableFuture<T>();
    onThread(() -> {
      try {
        answer.complete(work.call());
      } catch (Throwable fault) {
        answer.completeExceptionally(fault);
      }
    });
    return Asyncio.wrapFuture(answer).await();
  }
}
