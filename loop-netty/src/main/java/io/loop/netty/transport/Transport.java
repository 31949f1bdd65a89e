package io.loop.netty.transport;

import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueDatagramChannel;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDatagramChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A Netty transport: the system interface for input and output.
public enum Transport {

  /*
   * The classes of a transport are named in the branches of switches, not in fields. So Netty's
   * classes for a transport are loaded only if it is used.
   */

  /// Linux io_uring.
  IO_URING,
  /// Linux epoll.
  EPOLL,
  /// macOS and BSD kqueue.
  KQUEUE,
  /// The JDK's NIO, available everywhere.
  NIO;

  /// {@return the transport that new loops use by default}
  ///
  /// Epoll on Linux, kqueue on macOS and BSD, otherwise NIO. The system property
  /// `io.loop.transport` selects another one; io_uring is used only if it is selected there. If NIO
  /// is used on Linux or macOS because Netty's library is missing or cannot be loaded, the reason
  /// is logged once, at level INFO.
  ///
  /// @throws IllegalArgumentException if the property is not the name of a transport, or the
  ///   transport is not available on this machine; the message says why, and what to do
  public static Transport best() {
    return named(System.getProperty("io.loop.transport", "auto"));
  }

  /// {@return the transport with a name: `auto`, `nio`, `epoll`, `io_uring` or `kqueue`}
  ///
  /// @param name the name; upper and lower case are the same
  /// @throws IllegalArgumentException if there is no transport of that name, or it is not available
  ///   on this machine
  public static Transport named(String name) {
    if (name.equalsIgnoreCase("auto")) {
      return chosen();
    }
    for (Transport transport : values()) {
      if (transport.toString().equalsIgnoreCase(name)) {
        return transport.require();
      }
    }
    String names =
        Arrays.stream(values()).map(Transport::toString).collect(Collectors.joining(", "));
    throw new IllegalArgumentException(
        "unknown transport '" + name + "'; choose one of auto, " + names);
  }

  private static Transport chosen() {
    if (EPOLL.isAvailable()) {
      return EPOLL;
    }
    if (KQUEUE.isAvailable()) {
      return KQUEUE;
    }
    Obstacle.tellOfNio();
    return NIO;
  }

  /// {@return the transports that are available on this machine}
  public static List<Transport> available() {
    return Arrays.stream(values()).filter(Transport::isAvailable).toList();
  }

  /// {@return whether this transport is available on this machine}
  public boolean isAvailable() {
    return switch (this) {
      case IO_URING -> IoUring.isAvailable();
      case EPOLL -> Epoll.isAvailable();
      case KQUEUE -> KQueue.isAvailable();
      case NIO -> true;
    };
  }

  private Transport require() {
    if (!isAvailable()) {
      throw new IllegalArgumentException(
          this
              + " is not available: "
              + Obstacle.text(this)
              + ". Available transports: "
              + available(),
          unavailabilityCause());
    }
    return this;
  }

  @Nullable Throwable unavailabilityCause() {
    return switch (this) {
      case IO_URING -> IoUring.unavailabilityCause();
      case EPOLL -> Epoll.unavailabilityCause();
      case KQUEUE -> KQueue.unavailabilityCause();
      case NIO -> null;
    };
  }

  /// {@return the channel type of a TCP connection, for your own bootstraps}
  public Class<? extends DuplexChannel> socketType() {
    return switch (this) {
      case IO_URING -> IoUringSocketChannel.class;
      case EPOLL -> EpollSocketChannel.class;
      case KQUEUE -> KQueueSocketChannel.class;
      case NIO -> NioSocketChannel.class;
    };
  }

  /// {@return the channel type of a UDP socket, for your own bootstraps}
  public Class<? extends DatagramChannel> datagramType() {
    return switch (this) {
      case IO_URING -> IoUringDatagramChannel.class;
      case EPOLL -> EpollDatagramChannel.class;
      case KQUEUE -> KQueueDatagramChannel.class;
      case NIO -> NioDatagramChannel.class;
    };
  }

  /// {@return the channel type of a TCP server, for your own bootstraps}
  public Class<? extends ServerChannel> serverType() {
    return switch (this) {
      case IO_URING -> IoUringServerSocketChannel.class;
      case EPOLL -> EpollServerSocketChannel.class;
      case KQUEUE -> KQueueServerSocketChannel.class;
      case NIO -> NioServerSocketChannel.class;
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
