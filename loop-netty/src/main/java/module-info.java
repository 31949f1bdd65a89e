import org.jspecify.annotations.NullMarked;

/// Loops on Netty: servers and connections as streams, groups of loops.
///
/// Start at [io.loop.netty.stream.Streams], or with pipelines of your own at
/// [io.loop.netty.channel.CoroutineHandler].
@NullMarked
module io.loop.netty {
  requires static transitive org.jspecify;
  requires transitive io.loop.core;
  requires transitive io.netty.handler;
  requires transitive io.netty.transport;
  requires transitive io.netty.buffer;
  requires transitive io.netty.common;
  requires io.netty.codec;
  requires io.netty.codec.haproxy;
  requires io.netty.codec.dns;
  requires io.netty.resolver;
  requires io.netty.resolver.dns;
  requires io.netty.transport.classes.epoll;
  requires io.netty.transport.classes.io_uring;
  requires io.netty.transport.classes.kqueue;
  requires io.netty.transport.unix.common;

  exports io.loop.netty;
  exports io.loop.netty.channel;
  exports io.loop.netty.datagram;
  exports io.loop.netty.name;
  exports io.loop.netty.stream;
  exports io.loop.netty.transport;

  provides io.loop.event.Poller with
      io.loop.netty.poller.NettyPoller;
}
