package io.loop.netty.socket;

import io.loop.netty.transport.Transport;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.kqueue.KQueueDomainSocketChannel;
import io.netty.channel.kqueue.KQueueServerDomainSocketChannel;
import io.netty.channel.kqueue.KQueueServerSocketChannel;
import io.netty.channel.kqueue.KQueueSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.spi.SelectorProvider;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// Creates sockets with the family of their address.
public final class Sockets {

  /*
   * Netty's default is a dual-stack socket for both families, if the system supports it. On 0.0.0.0
   * it accepts IPv6 peers too, and on :: it prevents others from binding to 0.0.0.0. What each
   * transport can do about that for a listener (a connection only needs the right family):
   *
   *              0.0.0.0 without IPv6     :: without IPv4
   *   epoll      IPv4 socket              IPV6_V6ONLY
   *   NIO        IPv4 socket              no: the JDK sets IPV6_V6ONLY to 0
   *   io_uring   no: IPv6 sockets only    IPV6_V6ONLY
   *   kqueue     no: IPv6 sockets only    IPV6_V6ONLY
   *
   * Where the table says no, OneFamily refuses the peers of the other family, and a server on both
   * addresses has one socket for both. The values of IPV6_V6ONLY are from <netinet/in.h>.
   */

  public static final InetAddress ANY_4 = InetAddress.ofLiteral("0.0.0.0");
  public static final InetAddress ANY_6 = InetAddress.ofLiteral("::");

  private Sockets() {}

  /// A separate class, so that NIO does not load it.
  private static final class SixOnly {
    private static final int IPPROTO_IPV6 = 41;
    private static final ChannelOption<Integer> LINUX =
        new IntegerUnixChannelOption("IPV6_V6ONLY", IPPROTO_IPV6, 26);
    private static final ChannelOption<Integer> BSD =
        new IntegerUnixChannelOption("IPV6_V6ONLY", IPPROTO_IPV6, 27);

    private SixOnly() {}
  }

  public static SocketProtocolFamily familyOf(InetAddress address) {
    return address instanceof Inet6Address ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET;
  }

  /// {@return the factory for the channel of a connection to an address}
  public static ChannelFactory<Channel> connecting(Transport transport, SocketAddress to) {
    if (!(to instanceof InetSocketAddress peer)) {
      return new ReflectiveChannelFactory<>(unixSocketType(transport));
    }
    SocketProtocolFamily family = familyOf(peer.getAddress());
    return switch (transport) {
      case IO_URING -> IoUringSocketChannel::new; // its sockets connect to either family
      case EPOLL -> () -> new EpollSocketChannel(family);
      case KQUEUE -> () -> new KQueueSocketChannel(family);
      case NIO -> () -> new NioSocketChannel(SelectorProvider.provider(), family);
    };
  }

  /// {@return the factory for the channel that listens on an address}
  public static ChannelFactory<ServerChannel> listening(Transport transport, SocketAddress on) {
    if (!(on instanceof InetSocketAddress address)) {
      return new ReflectiveChannelFactory<>(unixServerType(transport));
    }
    SocketProtocolFamily family = familyOf(address.getAddress());
    return switch (transport) {
      case IO_URING -> IoUringServerSocketChannel::new;
      case EPOLL -> () -> new EpollServerSocketChannel(family);
      case KQUEUE -> KQueueServerSocketChannel::new;
      case NIO -> () -> new NioListener(family);
    };
  }

  /// Restricts a listener's socket to IPv6, if its address has that family and the transport
  /// supports it.
  public static void keepToFamily(
      ServerBootstrap bootstrap, Transport transport, SocketAddress on) {
    if (on instanceof InetSocketAddress address && address.getAddress() instanceof Inet6Address) {
      switch (transport) {
        case IO_URING, EPOLL -> bootstrap.option(SixOnly.LINUX, 1);
        case KQUEUE -> bootstrap.option(SixOnly.BSD, 1);
        case NIO -> {} // see OneFamily
      }
    }
  }

  /// {@return the wildcard address whose socket accepts peers of both families; null if each
  /// accepts only its own}
  public static @Nullable InetAddress standsForBoth(Transport transport) {
    return switch (transport) {
      case IO_URING, KQUEUE -> ANY_4;
      case EPOLL -> null;
      case NIO -> ANY_6;
    };
  }

  private static Class<? extends DuplexChannel> unixSocketType(Transport transport) {
    return switch (transport) {
      case IO_URING -> IoUringDomainSocketChannel.class;
      case EPOLL -> EpollDomainSocketChannel.class;
      case KQUEUE -> KQueueDomainSocketChannel.class;
      case NIO -> NioDomainSocketChannel.class;
    };
  }

  private static Class<? extends ServerChannel> unixServerType(Transport transport) {
    return switch (transport) {
      case IO_URING -> IoUringServerDomainSocketChannel.class;
      case EPOLL -> EpollServerDomainSocketChannel.class;
      case KQUEUE -> KQueueServerDomainSocketChannel.class;
      case NIO -> NioServerDomainSocketChannel.class;
    };
  }

  public static ChannelOption<Boolean> reusePort(Transport transport) {
    return transport == Transport.NIO
        ? NioChannelOption.of(StandardSocketOptions.SO_REUSEPORT)
        : UnixChannelOption.SO_REUSEPORT;
  }

  /// {@return the address of a socket file}
  public static SocketAddress unixAddress(Transport transport, Path path) {
    return transport == Transport.NIO
        ? UnixDomainSocketAddress.of(path)
        : new DomainSocketAddress(path.toString());
  }
}
