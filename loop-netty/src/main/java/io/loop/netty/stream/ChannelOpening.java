package io.loop.netty.stream;

import io.loop.event.Loop;
import io.loop.netty.base.ChannelFutures;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.tls.TlsHandler;
import io.loop.netty.transport.PipelineInitializer;
import io.loop.netty.transport.TlsOptions;
import io.netty.channel.Channel;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/// Opens channels whose pipelines the program builds. Coroutines only.
///
/// @param <I> the type of the messages they receive
final class ChannelOpening<I> implements Opening.Kind<ChannelOpening.Opened<I>> {

  /*
   * TLS is in the pipeline before the channel is connected: a codec may write as soon as it is, and
   * that must not be sent in plain text.
   */

  /// An attempt.
  ///
  /// @param tls TLS's handler; null if there is no TLS
  record Opened<I>(CoroutineChannel<I> channel, @Nullable TlsHandler tls) {}

  private final Class<I> type;
  private final PipelineInitializer pipeline;
  private final String host;
  private final int port;
  private final @Nullable TlsOptions tls;
  private final Opening<Opened<I>> opening;

  ChannelOpening(
      Class<I> type,
      PipelineInitializer pipeline,
      String host,
      int port,
      ConnectionOptions options) {
    this.type = type;
    this.pipeline = pipeline;
    this.host = host;
    this.port = port;
    this.tls = options.tls();
    this.opening = new Opening<>(Loop.running(), options, this);
  }

  CoroutineChannel<I> open() throws IOException {
    Opened<I> opened = opening.open(host, port);
    if (opened.tls() != null) {
      awaitHandshake(opened.channel(), opened.tls());
    }
    return opened.channel();
  }

  private static void awaitHandshake(CoroutineChannel<?> channel, TlsHandler tls)
      throws IOException {
    boolean shaken = false;
    try {
      ChannelFutures.await(tls.handshakeFuture());
      shaken = tls.handshakeFuture().isSuccess();
    } finally {
      if (!shaken) {
        channel.abort();
      }
    }
    if (!shaken) {
      throw StreamOpening.handshakeFailure(channel.remoteAddress(), tls.handshakeFuture().cause());
    }
  }

  @Override
  public Opened<I> addTo(Channel channel) throws Exception {
    TlsHandler handler = null;
    if (tls != null) {
      handler = TlsHandler.client(tls, channel.alloc(), host, port);
      channel.pipeline().addLast(handler);
    } else if (channel instanceof SocketChannel socket) {
      socket.config().setAllowHalfClosure(true);
    }
    pipeline.initialize(channel.pipeline());
    return new Opened<>(CoroutineChannel.addTo(channel.pipeline(), type), handler);
  }

  /// If it is lost already, what had arrived can still be received.
  @Override
  public void connected(Opened<I> opened, SocketAddress address) {}

  @Override
  public void failed(Opened<I> opened) {
    opened.channel().abort();
  }
}
