package io.loop.netty.stream;

import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.base.Rethrow;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.transport.PipelineInitializer;
import io.loop.netty.transport.TlsOptions;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Connections that are Netty pipelines, for the coroutine that opens them.
///
/// The counterpart of [ChannelServer]. There is no body: the caller receives and sends with a
/// [CoroutineChannel], and closes it. Coroutines only, on a loop that runs on Netty.
///
/// No asyncio equivalent; `asyncio.open_connection` is [Streams#openConnection].
public final class ChannelClient {

  private ChannelClient() {}

  /// Opens a connection with the default options; see [#connect(Class, PipelineInitializer, String,
  /// int, ConnectionOptions)].
  ///
  /// @param type the messages to receive
  /// @param pipeline adds the codecs
  /// @param host the peer's host or address
  /// @param port its port
  /// @param <I> the type of the messages
  /// @return the channel, which the caller closes
  /// @throws IOException if no address of the host can be reached
  public static <I> CoroutineChannel<I> connect(
      Class<I> type, PipelineInitializer pipeline, String host, int port) throws IOException {
    return connect(type, pipeline, host, port, ConnectionOptions.DEFAULT);
  }

  /// Opens a connection. Suspends; a cancellation leaves no connection behind.
  ///
  /// ```java
  /// try (CoroutineChannel<String> channel =
  ///     ChannelClient.connect(
  ///         String.class,
  ///         pipeline -> pipeline.addLast(
  ///             new LineBasedFrameDecoder(1024), new StringDecoder(), new StringEncoder()),
  ///         "localhost",
  ///         7000)) {
  ///   channel.send("hello\n");
  ///   String answer = channel.receive();
  /// }
  /// ```
  ///
  /// The host's addresses are tried as [Streams#openConnection(String, int, ConnectionOptions)]
  /// does. With TLS, this returns after the handshake. A peer that half-closes a plain connection
  /// can still be sent to.
  ///
  /// What `pipeline` throws is thrown as it is, undeclared (decision D7).
  ///
  /// The channel must be closed also after its peer has closed it: what had arrived is kept for
  /// [CoroutineChannel#receive()] until then.
  ///
  /// @param type the messages to receive; others reach the end of the pipeline, where Netty
  ///   releases them
  /// @param pipeline adds the codecs, for each address that is tried; they come after the handlers
  ///   of [ConnectionOptions#withPipeline], the PROXY header, and TLS
  /// @param host the peer's host or address
  /// @param port its port
  /// @param options timeouts, TLS, and how to connect; the reader's limit and TLS's
  ///   `shutdownTimeout` have no effect
  /// @param <I> the type of the messages
  /// @return the channel, for coroutines of the caller's loop; the caller closes it
  /// @throws javax.net.ssl.SSLHandshakeException if the peer does not speak TLS, its certificate is
  ///   not trusted, or the certificate is for another host
  /// @throws IOException if no address of the host can be reached
  /// @throws IllegalArgumentException if the port is not from 0 to 65535, the TLS context is for a
  ///   server, or TLS's `requireCloseNotify` is set, which is for streams
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets
  public static <I> CoroutineChannel<I> connect(
      Class<I> type, PipelineInitializer pipeline, String host, int port, ConnectionOptions options)
      throws IOException {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(pipeline, "pipeline");
    Addresses.requirePort(port);
    requireNoCloseNotify(options.tls());
    return new ChannelOpening<>(type, pipeline, host, port, options).open();
  }

  static void requireNoCloseNotify(@Nullable TlsOptions tls) {
    if (tls != null && tls.requireCloseNotify()) {
      throw new IllegalArgumentException(
          "requireCloseNotify is for streams; in a pipeline, look at the SslCloseCompletionEvent");
    }
  }

  /// Opens a channel with a bootstrap of the program's own: UDP, or a kind that is not a socket.
  /// Suspends; a cancellation leaves no channel behind.
  ///
  /// ```java
  /// try (CoroutineChannel<DatagramDnsResponse> socket =
  ///     ChannelClient.open(
  ///         DatagramDnsResponse.class,
  ///         pipeline -> pipeline.addLast(
  ///             new DatagramDnsQueryEncoder(), new DatagramDnsResponseDecoder()),
  ///         new Bootstrap().channel(transport.datagramType()),
  ///         bootstrap -> bootstrap.connect(server))) {
  ///   socket.send(query);
  /// }
  /// ```
  ///
  /// `start` gets a copy of the bootstrap, whose channel is the caller's. The bootstrap keeps its
  /// options, attributes and handler. If it has no event loop, the caller's is used, and if it has
  /// no type of channel, the transport's for TCP.
  ///
  /// What `pipeline` throws is thrown as it is, undeclared (decision D7).
  ///
  /// TLS in the pipeline is the program's business: this does not wait for its handshake. A host
  /// name is looked up by the bootstrap's resolver, and Netty's default blocks the loop meanwhile;
  /// look it up with [`NettyLoop.getaddrinfo`][io.loop.netty.NettyLoop#getaddrinfo].
  ///
  /// @param type the messages to receive; others reach the end of the pipeline, where Netty
  ///   releases them
  /// @param pipeline adds the codecs, behind the bootstrap's handler
  /// @param bootstrap what the channel is made with; not changed
  /// @param start binds or connects the bootstrap that it is given, once, and returns the future;
  ///   on the loop's thread
  /// @param <I> the type of the messages
  /// @return the channel, for coroutines of the caller's loop; the caller closes it
  /// @throws IOException if the channel cannot be opened. It is the failure of the future; one that
  ///   is not an `IOException` is thrown as it is, undeclared (decision D7)
  /// @throws IllegalArgumentException if the bootstrap has an event loop that is not the caller's
  /// @throws IllegalStateException if the caller's loop does not run on Netty, or its executor has
  ///   no sockets and the bootstrap no event loop; or if `start` opened another channel
  public static <I> CoroutineChannel<I> open(
      Class<I> type,
      PipelineInitializer pipeline,
      Bootstrap bootstrap,
      Function<Bootstrap, ? extends ChannelFuture> start)
      throws IOException {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(pipeline, "pipeline");
    Objects.requireNonNull(start, "start");
    Loop loop = Loop.running();
    NettyDriver driver = NettyDriver.of(loop);
    var adding = new Adding<>(type, pipeline, bootstrap.config().handler(), driver.executor());
    Bootstrap own = bootstrap.clone();
    complete(own, driver);
    own.handler(adding);
    boolean open = false;
    try {
      ChannelFuture future = ChannelFutures.open(loop, () -> start.apply(own));
      CoroutineChannel<I> channel = adding.result(future);
      open = true;
      return channel;
    } finally {
      if (!open && adding.channel != null) {
        adding.channel.abort();
      }
    }
  }

  @SuppressWarnings("deprecation") // the only way to see whether a channel type is set
  private static void complete(Bootstrap bootstrap, NettyDriver driver) {
    if (bootstrap.config().group() == null) {
      bootstrap.group(driver.ioEventLoop());
    }
    if (bootstrap.config().channelFactory() == null) {
      bootstrap.channel(driver.transport().socketType());
    }
  }

  /// Adds a coroutine's side to the pipeline of the one channel that it opens, behind the handler
  /// of the program's bootstrap.
  private static final class Adding<I> extends ChannelInitializer<Channel> {

    private final Class<I> type;
    private final PipelineInitializer pipeline;
    private final @Nullable ChannelHandler first;
    private final EventExecutor executor;
    private @Nullable CoroutineChannel<I> channel;
    private @Nullable Throwable fault;

    Adding(
        Class<I> type,
        PipelineInitializer pipeline,
        @Nullable ChannelHandler first,
        EventExecutor executor) {
      this.type = type;
      this.pipeline = pipeline;
      this.first = first;
      this.executor = executor;
    }

    @Override
    protected void initChannel(Channel opening) throws Exception {
      if (opening.eventLoop() != executor) {
        throw new IllegalArgumentException(
            "the bootstrap's event loop is not the one of the caller's loop; leave its group out");
      }
      if (channel != null) {
        throw new IllegalStateException("start has opened a second channel");
      }
      if (first != null) {
        opening.pipeline().addLast(first);
      }
      pipeline.initialize(opening.pipeline());
      channel = CoroutineChannel.addTo(opening.pipeline(), type);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      fault = thrown;
      context.channel().unsafe().close(context.channel().voidPromise());
    }

    /// {@return what was opened}
    CoroutineChannel<I> result(ChannelFuture future) {
      if (fault != null) {
        throw Rethrow.unchecked(fault);
      }
      if (!future.isSuccess()) {
        throw Rethrow.unchecked(future.cause());
      }
      if (channel == null || channel.nettyChannel() != future.channel()) {
        var _ = future.channel().close();
        throw new IllegalStateException("start did not use the bootstrap that it was given");
      }
      return channel;
    }
  }
}
