package io.loop.netty.socket;

import io.loop.event.Loop;
import io.loop.netty.poller.NettyDriver;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// Closes listening sockets so that their addresses are free when the call returns.
public final class Listeners {

  /*
   * Closing is not enough. With io_uring a closed socket listens until the requests on it have
   * completed, and the socket of another event loop listens until that event loop runs. Shutting a
   * socket down ends the listening immediately, from any thread. NIO has no such call for listening
   * sockets, see NioListener: there the sockets of other event loops listen a moment longer.
   */

  private Listeners() {}

  /// Closes listeners; loop thread and coroutines.
  ///
  /// @return completes when all are closed, including those of other event loops
  public static CompletableFuture<Void> close(List<? extends Channel> listeners) {
    return Tasks.onLoopThread(() -> {
      CompletableFuture<?>[] gone =
          listeners.stream().map(Listeners::close).toArray(CompletableFuture<?>[]::new);
      return CompletableFuture.allOf(gone);
    });
  }

  private static CompletableFuture<?> close(Channel listener) {
    AcceptBackoff.expectEnd(listener);
    stopListening(listener);
    var closed = new CompletableFuture<Boolean>();
    listener.close().addListener(_ -> closed.complete(true));
    if (!(listener instanceof NioListener nio)) {
      return closed;
    }
    if (nio.eventLoop().inEventLoop() && !NettyDriver.of(Loop.running()).isPolling()) {
      nio.letGo();
    }
    return nio.gone();
  }

  private static void stopListening(Channel listener) {
    if (listener instanceof UnixChannel unix && unix.fd() instanceof Socket socket) {
      try {
        socket.shutdown();
      } catch (IOException closed) {
        // it is closed already
      }
    }
  }
}
