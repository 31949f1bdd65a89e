package io.loop.netty.poller;

import io.netty.channel.IoOps;
import io.netty.channel.uring.IoUringIoOps;

/// Requests to io_uring that Netty does not offer; in a separate class because Netty's classes for
/// it may be missing.
final class UringRequests {

  private static final byte ASYNC_CANCEL = 14; // from linux/io_uring.h, like the other constants
  private static final int CANCEL_ALL = 1;
  private static final int CANCEL_ANY = 1 << 2;

  private UringRequests() {}

  /// {@return a request to cancel all others of the ring; since Linux 5.19}
  static IoOps cancelAll() {
    return new IoUringIoOps(
        ASYNC_CANCEL,
        (byte) 0,
        (short) 0,
        -1,
        0,
        0,
        0,
        CANCEL_ALL | CANCEL_ANY,
        0L,
        (short) 0,
        (short) 0,
        0,
        0);
  }
}
