package io.loop.netty;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.netty.poller.EventLoops;
import io.loop.netty.poller.OwnedHandler;
import io.loop.netty.stream.Server;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import io.netty.channel.IoHandlerFactory;
import io.netty.util.LeakPresenceDetector;
import io.netty.util.internal.PlatformDependent;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;

/// What the tests on real sockets share: every transport, and the leak gate.
///
/// A body that has not ended after half a minute fails, so that no test hangs.
public abstract class OnNetty {

  public static final Duration PATIENCE = Duration.ofSeconds(30);
  public static final int SMALL_BUFFER = 64 << 10;

  private static final Duration MILLI = Duration.ofMillis(1);

  public static Stream<Transport> transports() {
    return Transport.available().stream();
  }

  /// {@return what makes the handlers of a group of Netty's own}
  ///
  /// On io_uring they end as ours do: those of Netty 4.2.18 leave requests in the kernel that take
  /// a descriptor, or write to memory, of whatever the process makes next (hazard 66).
  public static IoHandlerFactory handlers(Transport transport) {
    IoHandlerFactory factory = EventLoops.newHandlerFactory(transport);
    return transport == Transport.IO_URING
        ? executor -> new OwnedHandler(factory.newHandler(executor), true)
        : factory;
  }

  @AfterAll
  public static void noBufferIsLeft() {
    LeakPresenceDetector.check();
  }

  public static <T> T run(Transport transport, Coro<T> body) {
    var options =
        Runner.Options.DEFAULT.withoutSignals().withLoopFactory(() -> NettyLoop.create(transport));
    return Asyncio.run(() -> within(body), options);
  }

  public static void run(Transport transport, Coro.Action body) {
    run(
        transport,
        () -> {
          body.run();
          return true;
        });
  }

  /// Waits until something holds; the loop runs on meanwhile.
  public static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Asyncio.sleep(MILLI);
    }
  }

  /// Lets the loop look at its sockets so many times: enough for what must not happen to happen.
  public static void polls(int count) {
    for (int i = 0; i < count; i++) {
      Asyncio.sleep(MILLI); // longer than no time, so that the loop polls
    }
  }

  private static <T> T within(Coro<T> body) throws TimeoutException {
    return Asyncio.timeout(PATIENCE, _ -> body.run());
  }

  /// {@return a loopback address that other processes of this kind do not use}
  ///
  /// A port that is free on it stays free: builds that run at the same time take ports of their own
  /// addresses, and the system gives outgoing connections those of `127.0.0.1`.
  public static String ownAddress(int number) {
    if (!PlatformDependent.normalizedOs().equals("linux")) {
      return "127.0.0." + number; // elsewhere there may be the first only
    }
    long process = ProcessHandle.current().pid();
    return "127." + (64 + process / 256 % 128) + "." + process % 256 + "." + number;
  }

  public static Socket connect(Server server) {
    return connect(server.localAddress());
  }

  /// Connects off the loop: the accepting side must run meanwhile.
  ///
  /// The socket's buffers are small, so that the system takes little of what nobody reads, however
  /// it is set up.
  public static Socket connect(SocketAddress address) {
    return offLoop(() -> {
      var socket = new Socket();
      socket.setReceiveBufferSize(SMALL_BUFFER);
      socket.setSendBufferSize(SMALL_BUFFER);
      socket.connect(address);
      socket.setSoTimeout((int) PATIENCE.toMillis());
      return socket;
    });
  }

  private static void onThread(Runnable work) {
    Thread.ofPlatform().daemon().start(work);
  }

  /// Runs blocking work on a thread of its own and awaits it.
  public static <T> T offLoop(Callable<T> work) {
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
