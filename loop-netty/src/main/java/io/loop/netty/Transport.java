package io.loop.netty;

import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueDomainSocketChannel;
import io.netty.channel.kqueue.KQueueIoHandle;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerDomainSocketChannel;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
import io.netty.channel.nio.NioIoHandle;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandle;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A way to do input and output: what Netty calls a transport.
public enum Transport {

  /*
   * What a transport is made of stands in the branches of switches, not in fields: so Netty's classes
   * for one are loaded when it is used, and those of the others never.
   */

  /// Linux io_uring.
  IO_URING,
  /// Linux epoll.
  EPOLL,
  /// macOS and BSD kqueue.
  KQUEUE,
  /// The JDK's own, everywhere.
  NIO;

  /// {@return the transport that new loops use}
  ///
  /// Epoll on Linux, kqueue on macOS and BSD, else the JDK's; the system property
  /// `io.loop.transport` names another one. io_uring is used only when it is asked for. If Linux or
  /// macOS has to do with NIO, because Netty's library is missing or cannot be loaded, the log says
  /// why, once, at the level INFO.
  ///
  /// @throws IllegalArgumentException if the property names none, or one that this machine lacks;
  ///   the message says why, and what to do
  public static Transport best() {
    return named(System.getProperty("io.loop.transport", "auto"));
  }

  /// {@return the transport of a name: `auto`, `nio`, `epoll`, `io_uring` or `kqueue`}
  ///
  /// @param name the name, in any case
  /// @throws IllegalArgumentException if there is none of that name, or this machine lacks it
  public static Transport named(String name) {
    if (name.equalsIgnoreCase("auto")) {
      return chosen();
    }
    for (Transport transport : values()) {
      if (transport.toString().equalsIgnoreCase(name)) {
        return transport.require();
      }
    }
    throw new IllegalArgumentException(
        "no transport is called '" + name + "'; there are auto, " + List.of(values()));
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

  /// {@return the transport of an event loop, whoever made it; null if it is none of these}
  static @Nullable Transport of(IoEventLoop eventLoop) {
    // in this order: what the JDK has needs no other classes of Netty's
    if (eventLoop.isCompatible(NioIoHandle.class)) {
      return NIO;
    }
    if (eventLoop.isCompatible(EpollIoHandle.class)) {
      return EPOLL;
    }
    if (eventLoop.isCompatible(IoUringIoHandle.class)) {
      return IO_URING;
    }
    return eventLoop.isCompatible(KQueueIoHandle.class) ? KQUEUE : null;
  }

  /// {@return the transports this machine has}
  public static List<Transport> available() {
    return Arrays.stream(values()).filter(Transport::isAvailable).toList();
  }

  /// {@return whether this machine has it}
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
          this + " is not available: " + Obstacle.text(this) + ". There are " + available(),
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

  IoHandlerFactory newHandlerFactory() {
    return switch (require()) {
      case IO_URING -> IoUringIoHandler.newFactory();
      case EPOLL -> EpollHandler.newFactory();
      case KQUEUE -> KQueueIoHandler.newFactory();
      case NIO -> NioIoHandler.newFactory();
    };
  }

  /// {@return the type of a TCP connection's channel, for the bootstrap of a program's own}
  public Class<? extends DuplexChannel> socketType() {
    return switch (this) {
      case IO_URING -> IoUringSocketChannel.class;
      case EPOLL -> EpollSocketChannel.class;
      case KQUEUE -> KQueueSocketChannel.class;
      case NIO -> NioSocketChannel.class;
    };
  }

  /// {@return the type of a TCP server's channel, for the bootstrap of a program's own}
  public Class<? extends ServerChannel> serverType() {
    return switch (this) {
      case IO_URING -> IoUringServerSocketChannel.class;
      case EPOLL -> EpollServerSocketChannel.class;
      case KQUEUE -> KQueueServerSocketChannel.class;
      case NIO -> NioServerSocketChannel.class;
    };
  }

  Class<? extends DuplexChannel> unixSocketType() {
    return switch (this) {
      case IO_URING -> IoUringDomainSocketChannel.class;
      case EPOLL -> EpollDomainSocketChannel.class;
      case KQUEUE -> KQueueDomainSocketChannel.class;
      case NIO -> NioDomainSocketChannel.class;
    };
  }

  Class<? extends ServerChannel> unixServerType() {
    return switch (this) {
      case IO_URING -> IoUringServerDomainSocketChannel.class;
      case EPOLL -> EpollServerDomainSocketChannel.class;
      case KQUEUE -> KQueueServerDomainSocketChannel.class;
      case NIO -> NioServerDomainSocketChannel.class;
    };
  }

  ChannelOption<Boolean> reusePort() {
    return this == NIO
        ? NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT)
        : UnixChannelOption.SO_REUSEPORT;
  }

  SocketAddress unixAddress(Path path) {
    return this == NIO
        ? UnixDomainSocketAddress.of(path)
        : new DomainSocketAddress(path.toString());
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
