package io.loop.netty.connection;

import io.loop.netty.tls.TlsFacts;
import io.loop.netty.transport.TlsOptions;
import io.loop.task.LoopFuture;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundInvoker;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// The TLS of one connection: its options, its handshake, its end; loop's thread.
public final class ConnectionTls {

  /*
   *   NONE --secure--> SHAKING --handshake succeeded--> SECURED --close--> SHUTTING DOWN
   *
   * A connection that starts with TLS is SHAKING from the beginning.
   */

  private @Nullable TlsOptions options;
  private @Nullable SslHandler secured;
  private @Nullable LoopFuture<@Nullable Void> handshake;
  private @Nullable ClosingLimit closing;

  ConnectionTls(@Nullable TlsOptions options) {
    this.options = options;
  }

  public boolean isOn() {
    return options != null;
  }

  /// {@return whether a handshake has succeeded}
  public boolean isSecured() {
    return secured != null;
  }

  /// Inserts TLS before a connection's handler, for everything written from now on. Bytes that have
  /// arrived but were not read are taken as the start of the peer's handshake.
  ///
  /// @param done settled when the handshake has succeeded or the connection is lost
  public void secure(
      Connection connection,
      ChannelHandler handler,
      TlsOptions chosen,
      LoopFuture<@Nullable Void> done) {
    connection.beforeTls();
    options = chosen;
    handshake = done;
    connection.insert(handler);
    byte[] early = connection.reader().takeBuffered();
    if (early.length > 0) {
      ChannelPipeline pipeline = connection.channel().pipeline();
      ChannelHandlerContext before = WireHandlers.before(pipeline, handler);
      ChannelInboundInvoker source = before == null ? pipeline : before;
      source.fireChannelRead(Unpooled.wrappedBuffer(early)).fireChannelReadComplete();
    }
  }

  void handshakeDone(ChannelHandlerContext context) {
    secured = context.pipeline().get(SslHandler.class);
    settle();
  }

  private void settle() {
    if (handshake != null && !handshake.isDone() && !handshake.getLoop().isClosed()) {
      handshake.setResult(null);
    }
  }

  /// Limits how long the connection takes to close.
  void closing(Connection connection) {
    if (options != null) {
      closing = new ClosingLimit(connection, options.shutdownTimeout());
    }
  }

  /// The connection is gone.
  void stop() {
    if (closing != null) {
      closing.stop();
    }
    settle();
  }

  /// {@return the failure if a connection must not end without `close_notify`, or null}
  @Nullable SSLException cutOff() {
    return options != null && options.requireCloseNotify()
        ? new SSLException("the connection ended without close_notify: data may be missing")
        : null;
  }

  @Nullable Object fact(String name) {
    return secured == null ? null : TlsFacts.of(secured, name);
  }
}
