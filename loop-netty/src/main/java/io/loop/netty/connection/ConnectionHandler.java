package io.loop.netty.connection;

import io.loop.event.MemoryReserve;
import io.loop.netty.base.Disconnects;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;

/// The side of a [Connection] in Netty's pipeline. Loop's thread, as for every handler.
public final class ConnectionHandler extends ChannelInboundHandlerAdapter {

  private final Connection connection;

  ConnectionHandler(Connection connection) {
    this.connection = connection;
  }

  public Connection connection() {
    return connection;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    connection.opened();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof ByteBuf data)) {
      connection.refuse(message);
      return;
    }
    try {
      connection.received(data);
    } finally {
      data.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    connection.core().readCompleted();
    context.fireChannelReadComplete();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    switch (event) {
      case ChannelInputShutdownEvent _ -> connection.peerEnded();
      case ChannelOutputShutdownEvent _ -> connection.outputShutDown();
      case SslHandshakeCompletionEvent done -> endHandshake(context, done);
      case SslCloseCompletionEvent goodbye when goodbye.isSuccess() -> {
        connection.endInput();
        connection.close();
      }
      default -> {}
    }
    context.fireUserEventTriggered(event);
  }

  private void endHandshake(ChannelHandlerContext context, SslHandshakeCompletionEvent done) {
    if (done.isSuccess()) {
      connection.tls().handshakeDone(context);
      connection.becomeReady();
    } else {
      // closed at the next flush: Netty has an alert to send
      connection.core().fail(causeOf(done.cause()));
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    connection.core().writabilityChanged();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    MemoryReserve.useAfter(fault);
    connection.core().breakNow(causeOf(fault));
  }

  /// To Netty, TLS is a decoder.
  private static Throwable causeOf(Throwable fault) {
    Throwable inner = fault instanceof DecoderException ? fault.getCause() : null;
    return Disconnects.causeOf(inner == null ? fault : inner);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    connection.lose();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    connection.lose();
  }
}
