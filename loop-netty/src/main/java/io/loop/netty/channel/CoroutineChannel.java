package io.loop.netty.channel;

import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.base.Rethrow;
import io.loop.netty.core.ReceivedMessages;
import io.loop.task.CancelledError;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A Netty channel as a coroutine sees it: messages in, messages out.
///
/// Loop thread and coroutines of the channel's loop only. One coroutine at a time may receive; any
/// number may write. The receiver must release a reference-counted message. A written message
/// belongs to the channel, even if the write fails. Iterating returns the messages until the end of
/// the stream, and wraps an [IOException] in a [java.io.UncheckedIOException].
///
/// Messages that arrived before the end of the stream or a failure are received first. After that,
/// every call throws the failure of the connection, an [IOException]. If a codec was waiting for
/// the rest of a message when the connection was closed, as Netty's aggregators do, that is an
/// [java.io.EOFException]; if Netty's `ReadTimeoutHandler` or `WriteTimeoutHandler` closed it, a
/// [java.net.SocketTimeoutException]. Any other failure, such as a decoder's
/// [io.netty.handler.codec.DecoderException], is thrown once, at its place in the order of
/// messages.
///
/// The body of a [CoroutineHandler] gets one that is closed when it ends. One that a coroutine
/// opens itself, with `ChannelClient` or [#addTo], stays open until it is closed, aborted or
/// detached. Close it also after the peer has, because it may hold messages that were not received.
///
/// @param <I> the type of the messages it receives
public final class CoroutineChannel<I> implements Iterable<I>, AutoCloseable {

  private final CoroutineHandler<I> handler;
  private final ChannelHandlerContext context;
  private final Messages<I> messages;
  private final Channel channel;
  private final Loop loop;

  CoroutineChannel(
      CoroutineHandler<I> handler, ChannelHandlerContext context, Messages<I> messages) {
    this.handler = handler;
    this.context = context;
    this.messages = messages;
    this.channel = messages.channel();
    this.loop = messages.loop();
  }

  /// Adds a handler to the end of a pipeline whose messages a coroutine that exists already will
  /// receive: there is no body. Called on the channel's event loop, once it is registered there, so
  /// in a channel initializer; never suspends.
  ///
  /// This is for channels that are opened in a way of their own, such as the streams of HTTP/2. To
  /// connect, use `ChannelClient`. Messages are queued, and reading pauses, until they are
  /// received.
  ///
  /// ```java
  /// streams.handler(new ChannelInitializer<>() {
  ///   @Override
  ///   protected void initChannel(Channel stream) {
  ///     opened.setResult(CoroutineChannel.addTo(stream.pipeline(), Http2StreamFrame.class));
  ///   }
  /// });
  /// ```
  ///
  /// @param pipeline the pipeline, with all codecs
  /// @param type the messages to receive; others are passed on
  /// @param <I> the type of the messages
  /// @return the channel, for coroutines of its loop; the caller closes it
  /// @throws IllegalStateException if the channel is not registered with an event loop
  public static <I> CoroutineChannel<I> addTo(ChannelPipeline pipeline, Class<I> type) {
    CoroutineHandler<I> handler = CoroutineHandler.withoutBody(type);
    pipeline.addLast(handler);
    CoroutineChannel<I> added = handler.channel();
    if (added == null) {
      pipeline.remove(handler);
      throw new IllegalStateException(
          pipeline.channel() + " is not registered with an event loop, or this is not its thread");
    }
    return added;
  }

  /// {@return the next message, or null at the end of the stream} Suspends until there is one, and
  /// is a cancellation point only then. A cancelled call takes no message.
  ///
  /// The caller must release the message if it is reference-counted.
  ///
  /// @throws IOException if the connection failed
  /// @throws IllegalStateException if another coroutine is waiting to receive, or after [#detach]
  public @Nullable I receive() throws IOException {
    loop.checkTurn();
    return messages.receive();
  }

  /// Uses one message.
  ///
  /// @param <I> the type of the message
  /// @param <X> the type of the exception that the use may throw
  @FunctionalInterface
  public interface Use<I, X extends Exception> {

    /// Uses a message, which is released when this returns or throws. May suspend.
    ///
    /// @param message the message; retain it to keep it
    /// @throws X if the use fails
    void use(I message) throws X;
  }

  /// Receives a message, uses it and releases it. Suspends as [#receive()] does.
  ///
  /// @param use what to do with it
  /// @param <X> the type of the exception that the use may throw
  /// @return false at the end of the stream
  /// @throws IOException if the connection failed
  /// @throws X if the use fails
  public <X extends Exception> boolean receive(Use<? super I, X> use) throws IOException, X {
    I message = receive();
    if (message == null) {
      return false;
    }
    try {
      use.use(message);
    } finally {
      ReferenceCountUtil.release(message);
    }
    return true;
  }

  /// {@return the messages until the end of the stream; the caller must release each}
  @Override
  public Iterator<I> iterator() {
    return new ReceivedMessages<>(this::receive);
  }

  /// {@return the messages until the end of the stream, each released after its turn} Suspends and
  /// fails like [#iterator].
  ///
  /// ```java
  /// for (FullHttpRequest request : channel.readable()) {
  ///   channel.send(answer(request)); // the request is released, also if this throws
  /// }
  /// ```
  ///
  /// A message is released when the next one is asked for, and at the end. If the turn leaves the
  /// loop, it is released when the handler's body ends; without a body, when the channel is closed.
  /// Retain a message to keep it or to send it.
  public Iterable<I> readable() {
    return () -> new ReceivedMessages<>(this::receiveInTurn);
  }

  private @Nullable I receiveInTurn() throws IOException {
    loop.checkTurn();
    return messages.receiveInTurn();
  }

  /// Writes a message. It is flushed when the loop next polls, together with everything else
  /// written by then. Never suspends, so call [#drain] regularly.
  ///
  /// The message belongs to the channel from now on. If the channel is closing or closed, the
  /// message is released, and [#drain] throws.
  ///
  /// @param message the message, for the handlers before this one
  /// @throws IllegalStateException after [#detach] or [#writeEof]; the message is released
  public void write(Object message) {
    loop.checkTurn();
    Objects.requireNonNull(message, "message");
    messages.write(message);
  }

  /// Passes everything written to Netty and flushes it now. Never suspends.
  ///
  /// Rarely needed: the loop does it automatically when it next polls. If a half-closed channel has
  /// to be registered again first (see [CoroutineHandler]), the flush happens after that.
  public void flush() {
    loop.checkTurn();
    if (messages.core().outgoing().needsRegistration()) {
      messages.core().markDirty(); // it may have to wait
      return;
    }
    Tasks.onLoopThread(() -> {
      messages.core().flushAll();
      return true;
    });
  }

  /// Writes a message and waits until it is sent. Coroutine only; suspends.
  ///
  /// The message belongs to the channel from now on. If the call is cancelled before the message
  /// was passed to Netty, the message is withdrawn; otherwise it is still sent completely.
  ///
  /// @param message the message, for the handlers before this one
  /// @throws ClosedChannelException if the channel is closing or closed
  /// @throws IOException if the connection failed
  /// @throws CancelledError if the calling task was cancelled
  /// @throws IllegalStateException after [#detach] or [#writeEof]; the message is released
  public void send(Object message) throws IOException {
    loop.checkTurn();
    Objects.requireNonNull(message, "message");
    messages.send(message);
  }

  /// Flushes, and waits until the channel is writable again. Coroutine only; suspends, and is a
  /// cancellation point, only while too much is pending: bytes up to Netty's high-water mark, or 64
  /// messages that wait for the flush.
  ///
  /// If a [#write] has failed since the last call, throws the first failure, once.
  ///
  /// @throws ClosedChannelException if the channel is closed
  /// @throws IOException if the connection failed
  /// @throws IllegalStateException after [#detach]
  public void drain() throws IOException {
    loop.checkTurn();
    messages.writes().drain();
  }

  /// {@return the user events of the pipeline, starting with the first that this handler saw} The
  /// events are passed on as well.
  public ChannelEvents events() {
    loop.checkTurn();
    return messages.events();
  }

  /// Shuts down the output after everything written is sent; the channel can still receive. Never
  /// suspends. When the peer has shut down its output too, the channel closes.
  ///
  /// @throws UnsupportedOperationException if [#canWriteEof] is false
  /// @throws IllegalStateException after [#detach]
  public void writeEof() {
    loop.checkTurn();
    messages.writeEof();
  }

  /// {@return whether the channel supports a half-close: a socket does, TLS and an HTTP/2 stream do
  /// not}
  public boolean canWriteEof() {
    loop.checkTurnToRead();
    return messages.canWriteEof();
  }

  /// Closes the channel after everything written is sent; [#waitClosed] waits for that. Never
  /// suspends; closing twice does nothing. Nothing more is received once it is closed.
  ///
  /// A slow peer can delay the end without limit. Use a timeout, and [#abort] when it expires.
  @Override
  public void close() {
    loop.checkTurn();
    messages.close();
  }

  /// Closes the channel immediately; data that is not sent yet is dropped. Never suspends.
  public void abort() {
    loop.checkTurn();
    messages.abort();
  }

  /// Waits until the channel is closed. Coroutine only; suspends unless it is.
  ///
  /// If a [#write] has failed and [#drain] has not thrown that, throws the first failure, once.
  ///
  /// @throws IOException if something that was written could not be sent
  public void waitClosed() throws IOException {
    loop.checkTurn();
    messages.core().awaitEnd();
    Throwable fault = messages.writes().takeFault();
    if (fault != null) {
      throw Rethrow.unchecked(fault);
    }
  }

  /// {@return whether the channel is closed, or closing}
  public boolean isClosing() {
    loop.checkTurnToRead();
    return !messages.life().isOpen();
  }

  /// Detaches the coroutine from the channel: removes the handler from the pipeline and passes the
  /// queued messages to the next handler. If there is none, Netty releases them. Everything written
  /// is flushed. The channel stays open, also when the coroutine finishes. Never suspends.
  ///
  /// To replace this handler by another one, first add the other one after it.
  ///
  /// @throws IllegalStateException if the channel is closing or closed, or is already detached
  public void detach() {
    loop.checkTurn();
    if (!messages.life().isOpen()) {
      throw new IllegalStateException("cannot detach " + channel + ": it is closed or detached");
    }
    Tasks.onLoopThread(() -> {
      messages.core().flushAll();
      return context.pipeline().remove(handler);
    });
  }

  /// {@return the channel, for its attributes, options and pipeline}
  ///
  /// Change the pipeline on the loop's thread, with [Tasks#onLoopThread].
  public Channel nettyChannel() {
    return channel;
  }

  /// {@return the address of this side, or null if the channel has none}
  public @Nullable SocketAddress localAddress() {
    return channel.localAddress();
  }

  /// {@return the address of the peer, or null if the channel has none}
  public @Nullable SocketAddress remoteAddress() {
    return Addresses.peerOf(channel);
  }

  /// {@return the loop of this channel and its coroutine} Any thread.
  public Loop getLoop() {
    return loop;
  }

  @Override
  public String toString() {
    return messages.toString();
  }
}
