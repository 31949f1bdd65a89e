package io.loop.netty.core;

import io.netty.channel.Channel;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.UncheckedBooleanSupplier;
import java.io.IOException;

/// Finds out that the peer has reset a connection when io_uring's transport does not. Any thread.
final class UnseenReset {

  /*
   * Netty (4.2.18) reads until the socket is empty, then waits for io_uring to report new input. If
   * bytes and a reset arrive in one poll, the report about both has been used up by the bytes: no
   * other comes, and the channel stays open forever. Netty knows that the peer's direction has
   * ended, and would continue to read because of that, but not from an empty socket. An ordinary
   * end does not count as empty.
   */

  private static final String IO_URING = "io.netty.channel.uring";
  private static final UncheckedBooleanSupplier NO_MORE = () -> false;

  private UnseenReset() {}

  /// {@return whether it can happen to a channel}
  static boolean isPossible(Channel channel) {
    // by name: the class of an unused transport should not be loaded, and may be missing
    return channel.getClass().getPackageName().equals(IO_URING)
        && channel instanceof UnixChannel unix
        && unix.fd() instanceof Socket;
  }

  /// Looks for a reset after a read, and makes it the channel's failure.
  ///
  /// @param channel a channel to which it can happen; see [#isPossible]
  static void look(Channel channel) {
    if (!channel.eventLoop().inEventLoop()) {
      channel.eventLoop().execute(() -> look(channel)); // a handler with an executor of its own
    } else if (channel.isActive() && hasPeerEnded(channel)) {
      reportReset(channel);
    }
  }

  /// {@return whether Netty has been told of the end of the peer's direction} It then continues to
  /// read although it expects no more.
  private static boolean hasPeerEnded(Channel channel) {
    return channel.unsafe().recvBufAllocHandle() instanceof ExtendedHandle handle
        && handle.continueReading(NO_MORE);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the peer is gone
  private static void reportReset(Channel channel) {
    try {
      int error = ((Socket) ((UnixChannel) channel).fd()).getSoError();
      if (error == 0) {
        return; // an ordinary end, which Netty reports
      }
      channel.pipeline().fireExceptionCaught(Errors.newIOException("recv", -error));
    } catch (IOException fault) {
      channel.pipeline().fireExceptionCaught(fault);
    }
    channel.close();
  }
}
