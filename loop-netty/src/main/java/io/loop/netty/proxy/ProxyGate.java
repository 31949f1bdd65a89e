package io.loop.netty.proxy;

import io.loop.event.TimerHandle;
import io.loop.netty.base.Subnets;
import io.loop.netty.connection.Connection;
import io.loop.netty.transport.ProxyHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Holds an accepted connection until its PROXY header has arrived; the connection's loop thread.
public final class ProxyGate extends ChannelInboundHandlerAdapter {

  /*
   * socket -> the program's handlers -> Decoder -> ProxyGate -> ConnectionHandler
   *
   *   WAITING --the header--> passed: channelActive goes on, TLS is added, both handlers are gone
   *      |
   *      |----no header, a bad one, too late, not trusted--> REFUSED: counted and aborted
   *      `----the end of the input--> aborted
   *
   * The connection behind the gate is not active before, so there is no body, and nothing is made
   * for TLS. The server counts it in total, and lists it, so that it ends with the server.
   */

  /// What the gate tells its server.
  public interface Events {

    /// The connection was accepted; it may be aborted.
    void arrived(Connection connection);

    /// The connection has no valid header, and is being aborted.
    void refused(Connection connection, Throwable reason);

    /// The connection is active, its peer known.
    void passed(Connection connection);
  }

  /// Netty's decoder, which refuses as soon as the bytes cannot become an acceptable header.
  public static final class Decoder extends HAProxyMessageDecoder {

    private static final byte[] V1 = {'P', 'R', 'O', 'X', 'Y', ' '};
    private static final byte[] V2 = {
      '\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'
    };
    private static final int LENGTH_AT = 14;
    private static final int MOST_ADDRESSES = 216;

    private final int mostFields;

    public Decoder(int mostFields) {
      super(mostFields);
      this.mostFields = mostFields;
    }

    /// Netty's decoder waits for a line or for the announced length.
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
      super.channelRead(context, message);
      if (!context.isRemoved()) {
        ByteBuf start = internalBuffer();
        if (!startsLike(V1, start) && !startsLike(V2, start)) {
          refuse(start, "no PROXY header");
        } else if (start.readableBytes() >= LENGTH_AT + 2 && startsLike(V2, start)) {
          int length = start.getUnsignedShort(start.readerIndex() + LENGTH_AT);
          if (length > MOST_ADDRESSES + mostFields) {
            refuse(start, "a PROXY header of " + length + " bytes");
          }
        }
      }
    }

    private static boolean startsLike(byte[] prefix, ByteBuf start) {
      int length = Math.min(prefix.length, start.readableBytes());
      for (int i = 0; i < length; i++) {
        if (start.getByte(start.readerIndex() + i) != prefix[i]) {
          return false;
        }
      }
      return true;
    }

    private static void refuse(ByteBuf start, String reason) {
      start.skipBytes(start.readableBytes());
      throw new HAProxyProtocolException(reason);
    }
  }

  private final Connection connection;
  private final Subnets trust;
  private final Duration limit;
  private final Events events;
  private @Nullable TimerHandle timer;
  private boolean refused;

  public ProxyGate(Connection connection, Subnets trust, Duration limit, Events events) {
    this.connection = connection;
    this.trust = trust;
    this.limit = limit;
    this.events = events;
  }

  /// The connection is not active for the handlers behind this one until the header has arrived.
  @Override
  public void channelActive(ChannelHandlerContext context) {
    events.arrived(connection);
    if (connection.isClosing()) {
      return;
    }
    if (trust.includes(context.channel().remoteAddress())) {
      timer = connection.loop().callLater(limit, this::late);
    } else {
      refuse(new IOException("the peer is not a trusted proxy"));
    }
  }

  private void late() {
    refuse(new SocketTimeoutException("no PROXY header within " + limit));
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws IOException {
    if (!(message instanceof HAProxyMessage header)) {
      context.fireChannelRead(message);
      return;
    }
    try {
      if (!connection.isClosing()) {
        pass(context, ProxyMessages.header(header));
      }
    } finally {
      header.release();
    }
  }

  private void pass(ChannelHandlerContext context, ProxyHeader header) {
    stopTimer();
    connection.peer().proxiedBy(header);
    context.fireChannelActive();
    if (!connection.isClosing()) {
      events.passed(connection);
    }
    context.pipeline().remove(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    if (fault instanceof Error) {
      context.fireExceptionCaught(fault);
    } else {
      refuse(fault);
    }
  }

  /// A peer that leaves is not refused: proxies look in this way whether the port is open.
  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    context.fireUserEventTriggered(event);
    if (event instanceof ChannelInputShutdownEvent) {
      stopTimer();
      connection.abort();
    }
  }

  private void refuse(Throwable reason) {
    if (!refused && !connection.isClosing()) {
      refused = true;
      stopTimer();
      events.refused(connection, reason);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    stopTimer();
    context.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    stopTimer();
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}
