package io.loop.netty.socket;

import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/// A listening NIO socket that stays open when a connection cannot be accepted, and releases its
/// address when it is closed.
///
/// Netty's own socket closes itself on any exception other than an [java.io.IOException], also when
/// memory runs out, and then the port is lost. The sockets of the other transports stay open.
final class NioListener extends NioServerSocketChannel {

  /*
   * The JDK keeps the socket of a closed channel open until the next select. That select must not
   * run while Netty processes the keys of an earlier one. It does not touch the selected keys: the
   * JDK does not report a key again that is already among them, and Netty's next wait would spin.
   */

  private final CompletableFuture<Boolean> gone = new CompletableFuture<>();
  private @Nullable Selector selector;

  NioListener(SocketProtocolFamily family) {
    super(SelectorProvider.provider(), family);
  }

  @Override
  protected boolean closeOnReadError(Throwable cause) {
    return !isActive();
  }

  @Override
  protected void doClose() throws Exception {
    if (isRegistered()) {
      SelectionKey key = registration().attachment();
      selector = key.selector();
    }
    super.doClose();
    try {
      eventLoop().execute(this::letGo);
    } catch (RejectedExecutionException | IllegalStateException ended) {
      gone.complete(true); // the selector is closed too, or there never was one
    }
  }

  /// Closes the socket of the closed channel; event loop's thread, in a task or a turn of the loop.
  void letGo() {
    if (gone.isDone()) {
      return;
    }
    try {
      if (selector != null) {
        int _ = selector.selectNow(_ -> {});
      }
    } catch (ClosedSelectorException ended) {
      // closing the selector closed the socket too
    } catch (IOException fault) {
      pipeline().fireExceptionCaught(fault);
    }
    gone.complete(true);
  }

  /// {@return a future that completes when the address is free}
  CompletableFuture<Boolean> gone() {
    return gone;
  }
}
