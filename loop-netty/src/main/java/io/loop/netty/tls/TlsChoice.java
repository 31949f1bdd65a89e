package io.loop.netty.tls;

import io.loop.netty.base.Durations;
import io.loop.netty.transport.TlsOptions;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SniHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The handler for a server's side of a connection until the ClientHello, which names the host;
/// then it replaces itself.
///
/// If there is no context for that host, the client gets the alert `internal_error`, and the
/// pipeline the exception.
@SuppressWarnings("FutureReturnValueIgnored") // nobody can be told that the alert was not sent
final class TlsChoice extends SniHandler {

  private static final int LONGEST_HELLO = 1 << 16;

  /// A TLS 1.2 record, which all versions start with: a fatal alert, `internal_error`.
  private static final byte[] INTERNAL_ERROR = {21, 3, 3, 0, 2, 2, 80};

  private final TlsOptions options;
  private final Function<@Nullable String, @Nullable SslContext> contexts;
  private final TlsContextFaults faults;

  TlsChoice(
      TlsOptions options,
      Function<@Nullable String, @Nullable SslContext> contexts,
      TlsContextFaults faults) {
    super(
        _ -> {
          throw new IllegalStateException("lookup() is overridden");
        },
        LONGEST_HELLO,
        Durations.millis(TlsHandler.handshakeTimeout(options, false)));
    this.options = options;
    this.contexts = contexts;
    this.faults = faults;
  }

  @Override
  protected Future<SslContext> lookup(ChannelHandlerContext channel, String name) {
    Promise<SslContext> chosen = channel.executor().newPromise();
    try {
      chosen.setSuccess(contexts.apply(name));
    } catch (Throwable fault) { // the functions are code of the program
      refuse(channel, fault);
      chosen.setFailure(fault);
    }
    return chosen;
  }

  @Override
  protected void replaceHandler(ChannelHandlerContext channel, String name, SslContext chosen)
      throws Exception {
    try {
      super.replaceHandler(channel, name, chosen);
      faults.over();
    } catch (Throwable fault) {
      refuse(channel, fault);
      throw fault;
    }
  }

  private void refuse(ChannelHandlerContext channel, Throwable fault) {
    faults.tell(fault);
    channel.writeAndFlush(Unpooled.wrappedBuffer(INTERNAL_ERROR));
  }

  @Override
  protected SslHandler newSslHandler(SslContext chosen, ByteBufAllocator allocator) {
    return TlsHandler.server(chosen, options, allocator);
  }
}
