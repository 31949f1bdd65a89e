package io.loop.netty;

import io.loop.netty.transport.Transport;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Handler;
import io.vertx.core.ThreadingModel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// The echo server that is written for Vert.x 5, in both of its styles.
///
/// One event loop serves the connections. Vert.x accepts them on another one, which then has
/// nothing to do, and looks for blocked threads once a second on a third thread.
final class VertxEchoServer {

  private static final int PATIENCE_SECONDS = 60;

  private VertxEchoServer() {}

  /// Pipes each socket to itself, with handlers and back-pressure on the event loop.
  ///
  /// @return a server of one thread
  static EchoServer onEventLoop(Transport transport) {
    return start(transport, ThreadingModel.EVENT_LOOP, socket -> socket.pipeTo(socket));
  }

  /// Awaits each write on a virtual thread.
  ///
  /// @return a server of two threads: the event loop reads and writes, and the JDK's scheduler runs
  ///   the handler of each buffer on a virtual thread, one handler at a time for all connections
  ///   except for those that await
  static EchoServer onVirtualThreads(Transport transport) {
    return start(
        transport,
        ThreadingModel.VIRTUAL_THREAD,
        socket -> socket.handler(buffer -> socket.write(buffer).await()));
  }

  private static EchoServer start(
      Transport transport, ThreadingModel model, Handler<NetSocket> echo) {
    Vertx vertx =
        Vertx.builder()
            .with(new VertxOptions().setEventLoopPoolSize(1))
            .withTransport(vertxOf(transport))
            .build();
    if (transport != Transport.NIO && !vertx.isNativeTransportEnabled()) {
      throw new IllegalStateException(
          "Vert.x cannot use " + transport, vertx.unavailableNativeTransportCause());
    }
    var options =
        new NetServerOptions().setHost("127.0.0.1").setPort(0).setAcceptBacklog(EchoServer.BACKLOG);
    var open = new Phaser(1); // one more than there are connections
    NetServer server =
        vertx
            .createNetServer(options)
            .connectHandler(socket -> {
              open.register();
              socket.closeHandler(_ -> open.arriveAndDeregister());
              echo.handle(socket);
            });
    vertx
        .deployVerticle(_ -> server.listen(), new DeploymentOptions().setThreadingModel(model))
        .toCompletionStage()
        .toCompletableFuture()
        .join();
    return new EchoServer(server.actualPort(), () -> close(vertx, open));
  }

  /// Waits until the clients have gone, and closes Vert.x. A handler that ends after its executor
  /// has been closed would print a stack trace.
  private static void close(Vertx vertx, Phaser open) throws IOException, InterruptedException {
    try {
      open.awaitAdvanceInterruptibly(
          open.arriveAndDeregister(), PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new IOException("clients are still connected: " + open, e);
    } finally {
      vertx
          .close()
          .toCompletionStage()
          .toCompletableFuture()
          .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .join();
    }
  }

  private static io.vertx.core.transport.Transport vertxOf(Transport transport) {
    return switch (transport) {
      case NIO -> io.vertx.core.transport.Transport.NIO;
      case EPOLL -> io.vertx.core.transport.Transport.EPOLL;
      case IO_URING -> io.vertx.core.transport.Transport.IO_URING;
      case KQUEUE -> io.vertx.core.transport.Transport.KQUEUE;
    };
  }
}
