package io.loop.netty;

import io.loop.event.Loop;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Binds a server's addresses: all of them, or none. Coroutines only.
final class Listening {

  /*
   * A host may have an address that this machine has not: it is left out, as in asyncio, if another
   * one can be had. Everything else fails the whole, and what was bound is closed.
   */

  private static final String NOT_OURS = "Cannot assign requested address";

  private final Loop loop;
  private final NettyPoller poller;
  private final Accepting accepting;
  private final ServerOptions options;
  private final List<Channel> bound = new ArrayList<>();

  Listening(Loop loop, Accepting accepting, ServerOptions options) {
    this.loop = loop;
    this.poller = NettyPoller.of(loop);
    this.accepting = accepting;
    this.options = options;
  }

  /// {@return the channels bound to every address of some hosts; an empty host is all addresses}
  List<Channel> bind(List<String> hosts, int port) throws IOException {
    Set<SocketAddress> addresses = new LinkedHashSet<>();
    for (String host : hosts) {
      if (host.isEmpty()) {
        addresses.add(new InetSocketAddress(port));
      } else {
        for (InetAddress address : Resolver.resolve(host)) {
          addresses.add(new InetSocketAddress(address, port));
        }
      }
    }
    return bindAll(addresses, poller.transport().serverType());
  }

  /// {@return the channel bound to a socket file}
  List<Channel> bind(SocketAddress file) throws IOException {
    return bindAll(Set.of(file), poller.transport().unixServerType());
  }

  private List<Channel> bindAll(
      Set<SocketAddress> addresses, Class<? extends ServerChannel> channelType) throws IOException {
    try {
      IOException missing = null;
      for (SocketAddress address : addresses) {
        IOException fault = bindOne(address, channelType);
        missing = missing == null ? fault : missing;
      }
      if (bound.isEmpty()) {
        throw missing == null ? new BindException("no address to listen on") : missing;
      }
      return bound;
    } catch (Throwable fault) {
      closeAll();
      throw fault;
    }
  }

  /// {@return why an address is left out, or null}
  private @Nullable IOException bindOne(
      SocketAddress address, Class<? extends ServerChannel> channelType) throws IOException {
    SocketAddress wanted = address;
    for (EventLoop acceptor : acceptors()) {
      SocketAddress here = wanted;
      ChannelFuture opened =
          NettyFutures.await(loop, () -> bootstrap(acceptor, channelType).bind(here));
      if (!opened.isSuccess()) {
        return leaveOut(here, opened);
      }
      bound.add(opened.channel());
      wanted = opened.channel().localAddress(); // port 0 is a real one for the next
    }
    return null;
  }

  private static IOException leaveOut(SocketAddress address, ChannelFuture opened)
      throws IOException {
    IOException fault = bindFailure(address, opened.cause());
    if (String.valueOf(opened.cause().getMessage()).contains(NOT_OURS)) {
      return fault;
    }
    throw fault;
  }

  private List<EventLoop> acceptors() {
    LoopGroup group = options.group();
    if (group == null || !options.reusePort()) {
      return List.of(poller.eventLoop());
    }
    List<EventLoop> each = new ArrayList<>();
    for (EventExecutor eventLoop : group.nettyGroup(poller.transport())) {
      each.add((EventLoop) eventLoop);
    }
    return each;
  }

  private ServerBootstrap bootstrap(
      EventLoop acceptor, Class<? extends ServerChannel> channelType) {
    var bootstrap =
        new ServerBootstrap()
            .group(acceptor, options.reusePort() ? acceptor : childGroup())
            .channelFactory(factoryOf(channelType))
            .option(ChannelOption.SO_BACKLOG, options.backlog())
            .option(ChannelOption.AUTO_READ, options.startServing())
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, Streams.WATER_MARKS)
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel listener) {
                    Loop accepting = ((OwnedEventLoop) acceptor).loop();
                    listener.pipeline().addLast(new AcceptBackoff(accepting, listener));
                  }
                })
            .childHandler(accepting);
    if (channelType == poller.transport().serverType()) {
      bootstrap.option(ChannelOption.SO_REUSEADDR, true);
      if (options.reusePort()) {
        bootstrap.option(poller.transport().reusePort(), true);
      }
    }
    return bootstrap;
  }

  private static ChannelFactory<? extends ServerChannel> factoryOf(
      Class<? extends ServerChannel> channelType) {
    return channelType == NioServerSocketChannel.class
        ? NioListener::new
        : new ReflectiveChannelFactory<>(channelType);
  }

  private EventLoopGroup childGroup() {
    LoopGroup group = options.group();
    return group == null ? poller.eventLoop() : group.nettyGroup(poller.transport());
  }

  private void closeAll() {
    var _ = Listeners.close(bound);
  }

  private static IOException bindFailure(SocketAddress address, Throwable cause) {
    var fault = new BindException("could not listen on " + address + ": " + cause.getMessage());
    fault.initCause(cause);
    return fault;
  }
}
