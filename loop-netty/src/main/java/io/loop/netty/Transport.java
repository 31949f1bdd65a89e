package io.loop.netty;

import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueue;
import io.netty.channel.kqueue.KQueueDomainSocketChannel;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.kqueue.KQueueServerDomainSocketChannel;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
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
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A way to do input and output: what Netty calls a transport.
@SuppressWarnings("ImmutableEnumChecker") // the suppliers hold no state
public enum Transport {
  /// Linux io_uring.
  IO_URING(
      IoUring::isAvailable,
      IoUring::unavailabilityCause,
      IoUringIoHandler::newFactory,
      IoUringSocketChannel.class,
      IoUringServerSocketChannel.class,
      IoUringDomainSocketChannel.class,
      IoUringServerDomainSocketChannel.class,
      DomainSocketAddress::new),
  /// Linux epoll.
  EPOLL(
      Epoll::isAvailable,
      Epoll::unavailabilityCause,
      EpollIoHandler::newFactory,
      EpollSocketChannel.class,
      EpollServerSocketChannel.class,
      EpollDomainSocketChannel.class,
      EpollServerDomainSocketChannel.class,
      DomainSocketAddress::new),
  /// macOS and BSD kqueue.
  KQUEUE(
      KQueue::isAvailable,
      KQueue::unavailabilityCause,
      KQueueIoHandler::newFactory,
      KQueueSocketChannel.class,
      KQueueServerSocketChannel.class,
      KQueueDomainSocketChannel.class,
      KQueueServerDomainSocketChannel.class,
      DomainSocketAddress::new),
  /// The JDK's own, everywhere.
  NIO(
      () -> true,
      () -> null,
      NioIoHandler::newFactory,
      NioSocketChannel.class,
      NioServerSocketChannel.class,
      NioDomainSocketChannel.class,
      NioServerDomainSocketChannel.class,
      UnixDomainSocketAddress::of);

  private final BooleanSupplier available;
  private final Supplier<? extends @Nullable Throwable> obstacle;
  private final Supplier<IoHandlerFactory> handlers;
  private final Class<? extends DuplexChannel> socketType;
  private final Class<? extends ServerChannel> serverType;
  private final Class<? extends DuplexChannel> unixSocketType;
  private final Class<? extends ServerChannel> unixServerType;
  private final Function<String, SocketAddress> unixAddress;

  Transport(
      BooleanSupplier available,
      Supplier<? extends @Nullable Throwable> obstacle,
      Supplier<IoHandlerFactory> handlers,
      Class<? extends DuplexChannel> socketType,
      Class<? extends ServerChannel> serverType,
      Class<? extends DuplexChannel> unixSocketType,
      Class<? extends ServerChannel> unixServerType,
      Function<String, SocketAddress> unixAddress) {
    this.available = available;
    this.obstacle = obstacle;
    this.handlers = handlers;
    this.socketType = socketType;
    this.serverType = serverType;
    this.unixSocketType = unixSocketType;
    this.unixServerType = unixServerType;
    this.unixAddress = unixAddress;
  }

  /// {@return the transport that new loops use}
  ///
  /// Epoll on Linux, kqueue on macOS and BSD, else the JDK's; the system property
  /// `io.loop.transport` names another one. io_uring is used only when it is asked for.
  ///
  /// @throws IllegalArgumentException if the property names none, or one that this machine lacks
  public static Transport best() {
    return named(System.getProperty("io.loop.transport", "auto"));
  }

  /// {@return the transport of a name: `auto`, `nio`, `epoll`, `io_uring` or `kqueue`}
  ///
  /// @param name the name, in any case
  /// @throws IllegalArgumentException if there is none of that name, or this machine lacks it
  public static Transport named(String name) {
    if (name.equalsIgnoreCase("auto")) {
      return EPOLL.isAvailable() ? EPOLL : KQUEUE.isAvailable() ? KQUEUE : NIO;
    }
    for (Transport transport : values()) {
      if (transport.toString().equalsIgnoreCase(name)) {
        return transport.require();
      }
    }
    throw new IllegalArgumentException(
        "no transport is called '" + name + "'; there are auto, " + List.of(values()));
  }

  /// {@return the transports this machine has}
  public static List<Transport> available() {
    return Arrays.stream(values()).filter(Transport::isAvailable).toList();
  }

  /// {@return whether this machine has it}
  public boolean isAvailable() {
    return available.getAsBoolean();
  }

  private Transport require() {
    if (!isAvailable()) {
      throw new IllegalArgumentException(
          "this machine has no " + this + " (" + obstacle.get() + "); it has " + available());
    }
    return this;
  }

  IoHandlerFactory newHandlerFactory() {
    return require().handlers.get();
  }

  /// {@return the type of a TCP connection's channel, for the bootstrap of a program's own}
  public Class<? extends DuplexChannel> socketType() {
    return socketType;
  }

  /// {@return the type of a TCP server's channel, for the bootstrap of a program's own}
  public Class<? extends ServerChannel> serverType() {
    return serverType;
  }

  Class<? extends DuplexChannel> unixSocketType() {
    return unixSocketType;
  }

  Class<? extends ServerChannel> unixServerType() {
    return unixServerType;
  }

  ChannelOption<Boolean> reusePort() {
    return this == NIO
        ? NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT)
        : UnixChannelOption.SO_REUSEPORT;
  }

  SocketAddress unixAddress(Path path) {
    return unixAddress.apply(path.toString());
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
