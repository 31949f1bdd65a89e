package io.loop.netty.channel;

import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.netty.NettyLoop;
import io.loop.netty.base.Addresses;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// Serves a channel of any Netty pipeline with a coroutine.
///
/// Add it last, after the codecs, to a pipeline of any bootstrap:
///
/// ```java
/// pipeline.addLast(
///     new LineBasedFrameDecoder(1024),
///     new StringDecoder(),
///     new StringEncoder(),
///     CoroutineHandler.of(String.class, channel -> {
///       for (String line : channel) {
///         channel.send(line + "\n");
///       }
///     }));
/// ```
///
/// The coroutine is a task of the loop of the handler's executor: the channel's event loop, or the
/// executor that the handler was added with. It starts when the channel is active, always from the
/// loop's ready queue, and is named after the channel. Reading pauses when too many messages are
/// queued, and resumes when the coroutine has caught up.
///
/// An exception that the coroutine throws goes to the loop's exception handler. If it is the loss
/// of this channel, as reads and writes throw it after the peer has reset the connection or closed
/// it in the middle of a message, or after it was silent for longer than a server allows, it is
/// only logged, at debug level.
///
/// There is one special case: Netty's own epoll handler, on an event loop that a loop is attached
/// to, after the peer has shut down its output. The channel is then registered again before each
/// write, because Netty (at least 4.2.13 to 4.2.18) would lose the bytes that the socket does not
/// take immediately. The other handlers then see `channelUnregistered` and `channelRegistered`.
/// Writes by other handlers to such a channel may still be lost.
///
/// Messages of other types and all user events are passed on to the next handler. Exceptions in the
/// pipeline are not: the coroutine receives them. A handler serves one channel, once.
///
/// A channel that a coroutine opens needs no handler made here: see [CoroutineChannel#addTo].
///
/// It can be tested on an `EmbeddedChannel`: `runPendingTasks` runs the coroutine, and
/// `advanceTimeBy` moves the clock, so its sleeps end exactly on time. An exception that the
/// coroutine throws is thrown by `checkException`, and also goes to the loop's exception handler.
///
/// @param <I> the type of the messages the coroutine receives
public final class CoroutineHandler<I> extends ChannelInboundHandlerAdapter {

  private final Class<I> type;
  private final @Nullable ChannelBody<I> body;
  private final HandlerOptions options;

  private @Nullable Messages<I> messages;
  private @Nullable ChannelTask<I> task; // null without a body
  private @Nullable TlsEnd tlsEnd; // null while the peer has not ended TLS

  private CoroutineHandler(Class<I> type, @Nullable ChannelBody<I> body, HandlerOptions options) {
    this.type = Objects.requireNonNull(type, "type");
    this.body = body;
    this.options = Objects.requireNonNull(options, "options");
  }

  /// {@return a handler without a body: a coroutine that exists already uses its [#channel]}
  static <I> CoroutineHandler<I> withoutBody(Class<I> type) {
    return new CoroutineHandler<>(type, null, HandlerOptions.DEFAULT);
  }

  /// {@return a handler whose coroutine receives every message, with the default options}
  ///
  /// @param body serves the channel
  public static CoroutineHandler<Object> of(ChannelBody<Object> body) {
    return of(Object.class, body);
  }

  /// {@return a handler with the default options}
  ///
  /// @param type the messages the coroutine receives; others are passed on
  /// @param body serves the channel
  /// @param <I> the type of the messages
  public static <I> CoroutineHandler<I> of(Class<I> type, ChannelBody<I> body) {
    return of(type, body, HandlerOptions.DEFAULT);
  }

  /// {@return a handler}
  ///
  /// @param type the messages the coroutine receives; others are passed on
  /// @param body serves the channel
  /// @param options water marks, when to start, what a disconnect does
  /// @param <I> the type of the messages
  public static <I> CoroutineHandler<I> of(
      Class<I> type, ChannelBody<I> body, HandlerOptions options) {
    return new CoroutineHandler<>(type, Objects.requireNonNull(body, "body"), options);
  }

  /// {@return a handler that answers one message after the other, with the default options}
  ///
  /// @param type the messages it answers; others are passed on
  /// @param body answers a message
  /// @param <I> the type of the messages
  public static <I> CoroutineHandler<I> perMessage(Class<I> type, MessageBody<I> body) {
    return perMessage(type, body, 1, HandlerOptions.DEFAULT);
  }

  /// {@return a handler that answers several messages concurrently}
  ///
  /// Each message has its own task. The answers are written in the order of the messages. When a
  /// body fails, the answers to earlier messages are still written, the bodies of later messages
  /// are cancelled, and then the channel is closed.
  ///
  /// @param type the messages it answers; others are passed on
  /// @param body answers a message
  /// @param concurrency the highest number of messages that are being answered, or whose answer
  ///   waits for an earlier one
  /// @param options water marks, when to start, what a disconnect does
  /// @param <I> the type of the messages
  /// @throws IllegalArgumentException if the concurrency is below 1
  public static <I> CoroutineHandler<I> perMessage(
      Class<I> type, MessageBody<I> body, int concurrency, HandlerOptions options) {
    return of(type, PerMessage.of(body, concurrency), options);
  }

  private Messages<I> messages() {
    return Objects.requireNonNull(messages, "handlerAdded() comes first");
  }

  /// {@return the channel of a handler without a body; null if it was not added yet}
  @Nullable CoroutineChannel<I> channel() {
    return messages == null ? null : new CoroutineChannel<>(this, messages.context(), messages);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    Loop loop = NettyLoop.of(context.executor());
    messages = new Messages<>(context, loop, options, body == null);
    task = body == null ? null : new ChannelTask<>(this, context, body, messages);
    if (context.channel().isActive()) {
      start(context);
    }
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    start(context);
    context.fireChannelActive();
  }

  private void start(ChannelHandlerContext context) {
    if (context.channel().eventLoop().inEventLoop()) {
      Addresses.rememberPeer(context.channel());
    }
    if (task != null && (!options.afterHandshake() || hasShakenHands(context))) {
      task.startSoon();
    }
  }

  private static boolean hasShakenHands(ChannelHandlerContext context) {
    SslHandler tls = context.pipeline().get(SslHandler.class);
    return tls != null && tls.handshakeFuture().isSuccess();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (type.isInstance(message) && !messages().life().isDetached()) {
      messages().received(type.cast(message));
    } else {
      context.fireChannelRead(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    messages().core().readCompleted();
    context.fireChannelReadComplete();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    switch (event) {
      case ChannelInputShutdownEvent _ when TlsEnd.isItsFlush(context) -> {}
      case ChannelInputShutdownEvent _ -> messages().inputShutDown();
      case ChannelOutputShutdownEvent _ -> messages().outputShutDown();
      case SslCloseCompletionEvent end when end.isSuccess() -> {
        tlsEnd = new TlsEnd();
        tlsEnd.follow(context);
      }
      case TlsEnd end when end == tlsEnd -> {
        messages().inputEnded();
        return;
      }
      case SslHandshakeCompletionEvent shaken when task != null && options.afterHandshake() ->
          shaken(task, shaken);
      default -> {}
    }
    if (task == null || !task.hasEnded()) {
      messages().happened(event);
    }
    context.fireUserEventTriggered(event);
  }

  private void shaken(ChannelTask<I> task, SslHandshakeCompletionEvent handshake) {
    if (handshake.isSuccess()) {
      task.startSoon();
    } else if (task.isNew()) {
      messages().handshakeFailed(handshake.cause());
      task.giveUp();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    messages().core().writabilityChanged();
    context.fireChannelWritabilityChanged();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    MemoryReserve.useAfter(thrown);
    Throwable fault = messages().writes().lossOf(unwrapTls(thrown));
    if (fault instanceof IOException) {
      if (messages().life().isAborting()) {
        return; // a consequence of the abort
      }
      messages().writes().endsBecause(fault);
    }
    messages().failed(fault);
  }

  /// To Netty, TLS is a decoder; here its failure is a failure of the connection.
  private static Throwable unwrapTls(Throwable fault) {
    return fault instanceof DecoderException && fault.getCause() instanceof SSLException tls
        ? tls
        : fault;
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    lose();
    context.fireChannelInactive();
  }

  @Override
  public void channelUnregistered(ChannelHandlerContext context) {
    if (context.channel().isOpen()
        && !messages().life().isClosed()
        && !messages().core().outgoing().isComingBack()) {
      var moved =
          new IllegalStateException(
              context.channel() + " left its event loop, and its coroutine cannot follow");
      messages().failed(moved);
      messages().writes().endsBecause(moved);
      lose();
    }
    context.fireChannelUnregistered();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (messages().life().isClosed()) {
      return;
    }
    if (context.channel().isOpen()) {
      messages().detached();
      if (task != null) {
        task.detached();
      }
    } else {
      lose();
    }
  }

  private void lose() {
    messages().core().lose();
    if (task != null) {
      task.lost(options.disconnect());
    }
  }
}
