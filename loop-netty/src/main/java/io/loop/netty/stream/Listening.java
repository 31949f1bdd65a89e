package io.loop.netty.stream;

import io.loop.event.Loop;
import io.loop.netty.LoopGroup;
import io.loop.netty.NettyLoop;
import io.loop.netty.base.Addresses;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.connection.PendingBytes;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.poller.NettyGroup;
import io.loop.netty.socket.AcceptBackoff;
import io.loop.netty.socket.BindFaults;
import io.loop.netty.socket.InheritedSocket;
import io.loop.netty.socket.Listeners;
import io.loop.netty.socket.OneFamily;
import io.loop.netty.socket.Resolver;
import io.loop.netty.socket.SocketOptions;
import io.loop.netty.socket.Sockets;
import io.loop.netty.transport.Transport;
import io.loop.task.Tasks;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Binds a server's addresses: all of them, or none. Coroutines only.
final class Listening {

  /*
   * A host may have an address that does not belong to this machine. As in asyncio, it is skipped
   * if another one can be bound. Any other failure fails the whole, and sockets that were bound are
   * closed.
   *
   * 0.0.0.0 and :: together are all addresses of the machine. They share their port, even if the
   * system chooses it: if the port that the first one got is in use on the second, both are bound
   * again.
   */

  private static final List<InetAddress> ANY = List.of(Sockets.ANY_4, Sockets.ANY_6);
  private static final int TRIES = 16;

  private final Loop loop;
  private final NettyDriver driver;
  private final ChannelHandler accepting;
  private final ServerOptions options;
  private final List<Channel> bound = new ArrayList<>();

  Listening(Loop loop, ChannelHandler accepting, ServerOptions options) {
    this.loop = loop;
    this.driver = NettyDriver.of(loop);
    this.accepting = accepting;
    this.options = options;
  }

  /// {@return the channels bound to every address of some hosts; an empty host is all addresses}
  List<Channel> bind(List<String> hosts, int port) throws IOException {
    if (options.descriptor() >= 0) {
      return bindAll(this::adoptInherited);
    }
    // addresses of two interfaces are equal
    Map<String, InetAddress> distinct = new LinkedHashMap<>();
    for (String host : hosts) {
      for (InetAddress address :
          host.isEmpty() ? everyAddress() : Resolver.resolve(options.resolver(), host)) {
        distinct.putIfAbsent(Addresses.text(address), address);
      }
    }
    List<InetAddress> addresses = List.copyOf(distinct.values());
    boolean everywhere = addresses.containsAll(ANY);
    for (int tries = everywhere && port == 0 ? TRIES : 1; tries > 1; tries--) {
      try {
        return bindAll(addresses, port, everywhere);
      } catch (BindException taken) {
        bound.clear(); // they are closed now
      }
    }
    return bindAll(addresses, port, everywhere);
  }

  private static List<InetAddress> everyAddress() {
    return NetUtil.isIpV4StackPreferred() ? List.of(Sockets.ANY_4) : ANY;
  }

  /// {@return the channel bound to a socket file}
  List<Channel> bind(SocketAddress file) throws IOException {
    return bindAll(() -> bindOne(file, false));
  }

  private List<Channel> bindAll(List<InetAddress> addresses, int port, boolean everywhere)
      throws IOException {
    return bindAll(() -> bindEach(addresses, port, everywhere));
  }

  private interface Binding {
    /// {@return why an address is skipped, or null}
    @Nullable IOException bind() throws IOException;
  }

  private List<Channel> bindAll(Binding binding) throws IOException {
    try {
      IOException missing = binding.bind();
      if (bound.isEmpty()) {
        throw missing == null ? new BindException("no address to listen on") : missing;
      }
      return bound;
    } catch (Throwable fault) {
      closeAll();
      throw fault;
    }
  }

  /// @param everywhere whether they include both wildcard addresses
  private @Nullable IOException bindEach(List<InetAddress> addresses, int port, boolean everywhere)
      throws IOException {
    IOException missing = null;
    List<InetAddress> left = new ArrayList<>(addresses);
    InetAddress both = everywhere ? Sockets.standsForBoth(driver.transport()) : null;
    if (both != null) {
      missing = bindOne(new InetSocketAddress(both, port), true);
      left.removeAll(missing == null ? ANY : List.of(both));
    }
    int wildcardPort = port;
    for (InetAddress address : left) {
      boolean wildcard = everywhere && address.isAnyLocalAddress();
      IOException fault =
          bindOne(new InetSocketAddress(address, wildcard ? wildcardPort : port), false);
      if (wildcard && fault == null) {
        wildcardPort = portOf(bound.getLast());
      }
      missing = missing == null ? fault : missing;
    }
    return missing;
  }

  /// Listens on the socket that the options name. Nothing is skipped.
  private @Nullable IOException adoptInherited() throws IOException {
    ChannelFactory<ServerChannel> factory =
        InheritedSocket.listening(driver.transport(), options.descriptor());
    var address = new InetSocketAddress(0); // only for its kind
    tryChildOptions(address);
    ServerBootstrap bootstrap = bootstrap(driver.ioEventLoop(), factory, _ -> {});
    bootstrap.option(ChannelOption.AUTO_READ, false);
    ChannelFuture opened = ChannelFutures.open(loop, bootstrap::register);
    if (!opened.isSuccess()) {
      return leaveOut(address, opened);
    }
    Channel listener = opened.channel();
    bound.add(listener);
    // Peers may wait already. Netty adds what serves them in a task, after the registration.
    listener.eventLoop().execute(() -> listener.config().setAutoRead(options.startServing()));
    return null;
  }

  /// {@return why an address is skipped, or null}
  private @Nullable IOException bindOne(SocketAddress address, boolean both) throws IOException {
    SocketAddress wanted = address;
    tryChildOptions(address);
    for (EventLoop acceptor : acceptors()) {
      SocketAddress here = wanted;
      ChannelFuture opened =
          ChannelFutures.open(loop, () -> bootstrap(acceptor, here, both).bind(here));
      if (!opened.isSuccess()) {
        return leaveOut(here, opened);
      }
      bound.add(opened.channel());
      // port 0 becomes the actual port for the next address
      if (address instanceof InetSocketAddress internet) {
        wanted = new InetSocketAddress(internet.getAddress(), portOf(opened.channel()));
      }
    }
    return null;
  }

  /// Fails now, and not for each connection.
  private void tryChildOptions(SocketAddress address) throws IOException {
    try {
      Tasks.onLoopThread(() -> {
        SocketOptions.tryOn(address, options.childOptions(), driver.transport());
        return true;
      });
    } catch (ChannelException fault) {
      throw bindFailure(address, fault);
    }
  }

  private static int portOf(Channel listener) {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  private static IOException leaveOut(SocketAddress address, ChannelFuture opened)
      throws IOException {
    if (opened.cause() instanceof IllegalArgumentException option) {
      throw option; // it is not on this transport, or its value is not valid
    }
    IOException fault = bindFailure(address, opened.cause());
    if (BindFaults.isMissing(address, opened.cause())) {
      return fault;
    }
    throw fault;
  }

  private List<EventLoop> acceptors() {
    LoopGroup group = options.group();
    if (group == null || !options.reusePort()) {
      return List.of(driver.ioEventLoop());
    }
    List<EventLoop> each = new ArrayList<>();
    for (EventExecutor eventLoop : NettyGroup.of(group.eventLoops(), driver.transport())) {
      each.add((EventLoop) eventLoop);
    }
    return each;
  }

  private ServerBootstrap bootstrap(EventLoop acceptor, SocketAddress address, boolean both) {
    Transport transport = driver.transport();
    ServerBootstrap bootstrap =
        bootstrap(
            acceptor,
            Sockets.listening(transport, address),
            pipeline -> {
              if (!both) {
                OneFamily.addTo(pipeline, transport, address);
              }
            });
    bootstrap.option(ChannelOption.SO_BACKLOG, options.backlog());
    if (address instanceof InetSocketAddress) {
      Sockets.keepToFamily(bootstrap, transport, address);
      bootstrap.option(ChannelOption.SO_REUSEADDR, true);
      if (options.reusePort()) {
        bootstrap.option(Sockets.reusePort(transport), true);
      }
    }
    return bootstrap;
  }

  private ServerBootstrap bootstrap(
      EventLoop acceptor, ChannelFactory<ServerChannel> factory, Consumer<ChannelPipeline> more) {
    return new ServerBootstrap()
        .group(acceptor, options.reusePort() ? acceptor : childGroup())
        .channelFactory(SocketOptions.with(factory, options.socketOptions(), driver.transport()))
        .option(ChannelOption.AUTO_READ, options.startServing())
        .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, PendingBytes.WATER_MARKS)
        .handler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel listener) {
                Loop accepting = NettyLoop.of(acceptor);
                listener.pipeline().addLast(new AcceptBackoff(accepting, listener));
                more.accept(listener.pipeline());
              }
            })
        .childHandler(accepting);
  }

  private EventLoopGroup childGroup() {
    LoopGroup group = options.group();
    return group == null
        ? driver.ioEventLoop()
        : NettyGroup.of(group.eventLoops(), driver.transport());
  }

  private void closeAll() {
    var _ = Listeners.close(bound);
  }

  static IOException bindFailure(SocketAddress address, Throwable cause) {
    var fault =
        new BindException(
            "could not listen on "
                + Addresses.text(address)
                + ": "
                + Addresses.reason(cause, address));
    fault.initCause(cause);
    return fault;
  }
}
