package io.loop.netty;

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

/// A listening socket of NIO that stays open when a connection cannot be accepted, and lets go of
/// its address when it is closed.
///
/// Netty's own closes itself for anything but an [java.io.IOException], want of memory too, and the
/// port is gone for good. Those of the other transports stay open.
final class NioListener extends NioServerSocketChannel {

  /*
   * The JDK keeps the socket of a closed channel open until the selector has looked again. Such a look
   * must not come while Netty goes through what an earlier one has found. It leaves the selected keys
   * alone: what is among them already, the JDK does not find again, and Netty's next wait would spin.
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
      gone.complete(true); // with the selector, or it never had one
    }
  }

  /// Ends the socket of the closed channel; event loop's thread, in a task or a turn of our loop.
  void letGo() {
    if (gone.isDone()) {
      return;
    }
    try {
      if (selector != null) {
        int _ = selector.selectNow(_ -> {});
      }
    } catch (ClosedSelectorException ended) {
      // it took the socket with it
    } catch (IOException fault) {
      pipeline().fireExceptionCaught(fault);
    }
    gone.complete(true);
  }

  /// {@return a future that is settled when the address is free}
  CompletableFuture<Boolean> gone() {
    return gone;
  }
}
