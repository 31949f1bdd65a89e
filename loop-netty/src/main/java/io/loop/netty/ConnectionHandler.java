package io.loop.netty;

import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.stream.ReadTransport;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.stream.WriteTransport;
import io.loop.task.LoopFuture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInboundInvoker;
import io.netty.channel.ChannelPromise;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelOutputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// One connection: a channel on one side, a reader and a writer on the other.
@SuppressWarnings("FutureReturnValueIgnored") // failures come back through exceptionCaught
final class ConnectionHandler extends ChannelInboundHandlerAdapter
    implements ReadTransport, WriteTransport, Dirty {

  /*
   * There are two callers, never at the same time. The loop's thread calls the channel methods
   * while it polls, and flushToNetty. Coroutines of the loop call the transport methods, which only
   * change fields of this class and put the connection on the driver's dirty list; from the channel
   * they only read plain state. Everything that changes the channel is called on the loop's thread,
   * nearly all of it from flushToNetty.
   *
   *   OPEN --close--> CLOSING (what is pending is sent first) --inactive--> CLOSED
   *     `---abort, failure--> ABORTING (what is pending is dropped) --inactive--> CLOSED
   *
   * Bytes wait in `pending` until the flush, then in Netty's outbound buffer until the socket takes
   * them. The writer is paused while `pending` is above the high-water mark or the channel is not
   * writable, and resumed when neither is. Netty's channel is writable at "below low", asyncio says
   * "at or below": the mark is set one higher.
   *
   * After a half-close by the peer, read() must not be called again: epoll would close the channel.
   *
   * Pending bytes go to Netty in chunks while the channel is writable. So a connection holds little
   * direct memory, however much was written. Bytes that fit a chunk are one buffer and one write.
   * Everything from one poll is flushed once, unless the socket takes it all and can take more.
   *
   * With TLS the channel is ready after the handshake. Netty's handler encrypts everything
   * immediately, whether or not the socket takes it, so chunks are smaller. There is no half-close:
   * when the peer shuts down its output, the connection closes.
   *
   * `told` is true when the waiting coroutines have been notified of the end. That needs memory; if
   * there is none, the next flush tries again.
   *
   * The file is long because everything in it changes the one state, or waits for it: bytes, the
   * end of either direction, TLS, files. What can be separate is: PendingBytes, Activity, TlsFacts.
   */

  private enum State {
    OPEN,
    CLOSING,
    ABORTING,
    CLOSED
  }

  static final int HIGH_WATER = 65_536;
  static final int LOW_WATER = HIGH_WATER / 4;
  static final int CHUNK = HIGH_WATER;
  private static final int TLS_CHUNK = 16_384;

  private final Loop loop;
  private final NettyDriver driver;
  private final Channel channel;
  private final StreamReader reader;
  private final StreamWriter writer;
  private final ConnectionEvents events;
  private final PendingBytes pending = new PendingBytes();
  private final Activity activity = new Activity();
  private final SendProgress sent = new SendProgress();

  private State state = State.OPEN;
  private @Nullable TlsOptions tls;
  private @Nullable SslHandler secured;
  private @Nullable LoopFuture<@Nullable Void> handshake;
  private @Nullable ClosingLimit closing;
  private @Nullable GracefulEnd ending;
  // after a half-close on an event loop that Netty created
  private @Nullable EpollReturn epollReturn;
  private boolean ready;
  private boolean dirty;
  private boolean readingPaused;
  private boolean inputEnded;
  private boolean outputEnds;
  private boolean outputEndSent;
  private boolean closeSent;
  private boolean sendingFile;
  private boolean writerPaused;
  private boolean told;
  private @Nullable Throwable cause;
  private @Nullable ProxyHeader proxyHeader;
  private boolean foreign;

  ConnectionHandler(
      Channel channel, Loop loop, int limit, @Nullable TlsOptions tls, ConnectionEvents events) {
    this.channel = channel;
    this.loop = loop;
    this.driver = NettyDriver.of(loop);
    this.tls = tls;
    this.events = events;
    allowHalfClosure(tls == null);
    this.reader = new StreamReader(loop, limit);
    this.writer = new StreamWriter(loop, this, reader);
    reader.setTransport(this);
  }

  /// Not for Unix sockets: Netty's NIO and io_uring close them when the peer shuts down its output,
  /// and with epoll unsent data was lost.
  private void allowHalfClosure(boolean allowed) {
    if (channel instanceof SocketChannel socket) {
      socket.config().setAllowHalfClosure(allowed);
    }
  }

  /// {@return the connection that a writer of this module writes to}
  ///
  /// @throws IllegalArgumentException if it does not write to a connection
  static ConnectionHandler of(StreamWriter writer) {
    if (writer.getExtraInfo("transport") instanceof ConnectionHandler connection) {
      return connection;
    }
    throw new IllegalArgumentException("not the writer of a connection on Netty: " + writer);
  }

  Loop loop() {
    return loop;
  }

  StreamReader reader() {
    return reader;
  }

  StreamWriter writer() {
    return writer;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    events.opened(this);
    if (tls == null) {
      becomeReady();
    }
  }

  private void becomeReady() {
    if (!ready) {
      ready = true;
      events.ready(this);
    }
  }

  /// Inserts TLS before this handler, for everything written from now on; loop's thread. Bytes that
  /// have arrived but were not read are taken as the start of the peer's handshake.
  ///
  /// @param done settled when the handshake has succeeded or the connection is lost
  void secure(ChannelHandler handler, TlsOptions options, LoopFuture<@Nullable Void> done) {
    writeAll();
    channel.flush();
    tls = options;
    handshake = done;
    allowHalfClosure(false);
    insert(handler);
    byte[] early = reader.takeBuffered();
    if (early.length > 0) {
      ChannelHandlerContext before = WireHandlers.before(channel.pipeline(), handler);
      ChannelInboundInvoker source = before == null ? channel.pipeline() : before;
      source.fireChannelRead(Unpooled.wrappedBuffer(early)).fireChannelReadComplete();
    }
  }

  /// Inserts a handler between this one and the program's; loop's thread.
  void insert(ChannelHandler handler) {
    channel.pipeline().addBefore(channel.pipeline().context(this).name(), null, handler);
  }

  /// There are handlers of the program in the pipeline, which may listen to what is written.
  void expectForeignHandlers() {
    foreign = true;
  }

  /// The PROXY header has arrived; before the connection is active.
  void proxiedBy(ProxyHeader header) {
    proxyHeader = header;
  }

  @Nullable ProxyHeader proxyHeader() {
    return proxyHeader;
  }

  boolean isTls() {
    return tls != null;
  }

  /// {@return whether a server accepted it; if not, this side opened it}
  boolean isAccepted() {
    return events instanceof Accepting;
  }

  /// {@return whether a handshake has succeeded}
  boolean isSecured() {
    return secured != null;
  }

  ByteBufAllocator allocator() {
    return channel.alloc();
  }

  /// {@return the failure that ended it, or is ending it}
  @Nullable Throwable cause() {
    return cause;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof ByteBuf data)) {
      refuse(message);
      return;
    }
    try {
      if (state == State.OPEN && !inputEnded && !reader.atEof()) {
        activity.received(data.readableBytes());
        feed(data);
        if (readingPaused) {
          applyReading(); // a handler of the program may have resumed it
        }
      }
    } finally {
      data.release();
    }
  }

  private void refuse(Object message) {
    String type = message.getClass().getName();
    ReferenceCountUtil.release(message);
    breakWith(
        new IOException(
            "a handler in the pipeline passed on a "
                + type
                + ", but a stream takes ByteBufs only"));
  }

  private void feed(ByteBuf data) {
    if (data.nioBufferCount() == 1) {
      reader.feedData(data.nioBuffer());
    } else {
      for (var part : data.nioBuffers()) {
        reader.feedData(part);
      }
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    switch (event) {
      case ChannelInputShutdownEvent _ -> {
        endInput();
        epollReturn = EpollReturn.of(channel);
        if (ending != null) {
          ending.inputEnded();
        }
      }
      case ChannelOutputShutdownEvent _ -> outputShutDown();
      case SslHandshakeCompletionEvent done -> endHandshake(context, done);
      case SslCloseCompletionEvent goodbye when goodbye.isSuccess() -> {
        endInput();
        close();
      }
      default -> {}
    }
    context.fireUserEventTriggered(event);
  }

  private void endHandshake(ChannelHandlerContext context, SslHandshakeCompletionEvent done) {
    if (done.isSuccess()) {
      secured = context.pipeline().get(SslHandler.class);
      settleHandshake();
      becomeReady();
    } else {
      fail(done.cause());
      markDirty(); // closed at the next flush: Netty has an alert to send
    }
  }

  private void endInput() {
    if (!inputEnded) {
      inputEnded = true;
      reader.feedEof();
    }
  }

  private void settleHandshake() {
    if (handshake != null && !handshake.isDone()) {
      handshake.setResult(null);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    adjustWriter();
    if (!pending.isEmpty()) {
      markDirty();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    MemoryReserve.useAfter(fault);
    fail(fault);
    abortChannel();
    if (state == State.CLOSED && !told) {
      markDirty();
    }
  }

  /// A failure after [#abort] is a consequence of it, and is not recorded as the cause.
  private void fail(Throwable fault) {
    if (state == State.OPEN || state == State.CLOSING) {
      Throwable inner = fault instanceof DecoderException ? fault.getCause() : null;
      cause = causeOf(inner == null ? fault : inner);
      state = State.ABORTING;
    }
  }

  private static Throwable causeOf(Throwable fault) {
    if (!(fault instanceof ClosedChannelException)) {
      return Disconnects.inJdksTerms(fault);
    }
    var lost = new SocketException("the connection was closed before everything was sent");
    lost.initCause(fault);
    return lost;
  }

  /// Netty has shut down the output: because a write failed for a reason other than the socket, in
  /// which case Netty drops later writes, or because other code with access to the channel did it.
  private void outputShutDown() {
    if (!outputEndSent && (ending == null || !ending.isLingering())) {
      breakWith(
          new SocketException("the output of the connection was shut down without its writer"));
    }
  }

  /// A piece of a file was not sent, or only in part.
  void fileFailed(Throwable fault) {
    breakWith(fault);
  }

  private void breakWith(Throwable fault) {
    if (state == State.OPEN || state == State.CLOSING) {
      fail(fault);
      markDirty();
    }
  }

  /// Closes immediately: TLS would first send `close_notify`, and wait for a peer that may not
  /// read.
  private void abortChannel() {
    channel.unsafe().close(channel.voidPromise());
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    lose();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    lose();
  }

  private void lose() {
    if (told) {
      return;
    }
    if (wasCutOff()) {
      cause = new SSLException("the connection ended without close_notify: data may be missing");
    }
    state = State.CLOSED;
    pending.clear();
    if (closing != null) {
      closing.stop();
    }
    if (ending != null) {
      ending.stop();
    }
    if (!loop.isClosed()) {
      settleHandshake();
      tellLoss();
    }
    events.closed(this);
    told = true;
  }

  private boolean wasCutOff() {
    return tls != null
        && tls.requireCloseNotify()
        && cause == null
        && !inputEnded
        && state == State.OPEN;
  }

  private void tellLoss() {
    if (cause == null) {
      endInput();
    } else {
      reader.setException(cause instanceof IOException ? cause : new IOException(cause));
    }
    writer.connectionLost(cause);
  }

  /// Passes everything requested since the last call to Netty; loop's thread.
  @Override
  public void flushToNetty() {
    dirty = false;
    if (state == State.CLOSED) {
      lose(); // notifies the waiting coroutines, if that failed before
      return;
    }
    if (state == State.ABORTING) {
      abortChannel();
      return;
    }
    if (!mayWrite()) {
      return;
    }
    writePending();
    applyReading();
    endOutput();
    if (state == State.CLOSING && pending.isEmpty() && !closeSent) {
      closeSent = true;
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(whenSent());
    }
    adjustWriter();
  }

  @Override
  public void flushFailed(Throwable fault) {
    if (state == State.CLOSED) {
      lose();
      return;
    }
    fail(fault);
    PeerReports.report(loop, "Exception while writing to a connection", fault, "transport", this);
    abortChannel();
  }

  private boolean mayWrite() {
    return epollReturn == null
        || pending.isEmpty()
        || epollReturn.mayWrite(() -> driver.flush(this));
  }

  private void writePending() {
    int chunk = tls == null ? CHUNK : TLS_CHUNK;
    boolean wrote = false;
    while (!pending.isEmpty() && channel.isWritable()) {
      wrote = true;
      if (pending.size() <= chunk) {
        activity.sent();
        channel.writeAndFlush(pending.take(channel.alloc(), chunk), silent());
        return;
      }
      channel.write(pending.take(channel.alloc(), chunk), silent());
    }
    if (wrote) {
      activity.sent();
      channel.flush();
    }
  }

  /// Passes all pending bytes to Netty, so that something can follow them; the caller must flush.
  private void writeAll() {
    while (!pending.isEmpty()) {
      channel.write(pending.take(channel.alloc(), CHUNK), silent());
    }
  }

  private ChannelPromise silent() {
    return foreign
        ? channel.newPromise().addListener(ChannelFutureListener.FIRE_EXCEPTION_ON_FAILURE)
        : channel.voidPromise();
  }

  void beginFile() {
    if (outputEnds || state != State.OPEN) {
      throw new IllegalStateException("Cannot send a file on a connection that is closing");
    }
    if (sendingFile) {
      throw new IllegalStateException("Cannot send two files at once");
    }
    sendingFile = true;
  }

  void endFile() {
    sendingFile = false;
  }

  /// {@return whether the system can send files on it} On io_uring, Netty supports positions up to
  /// 2 GiB only, leaks two descriptors for each piece, and hangs if the file is closed while it is
  /// sent.
  boolean takesFiles() {
    return tls == null
        && epollReturn == null
        && channel instanceof SocketChannel
        && driver.transport() != Transport.IO_URING
        && WireHandlers.passFiles(channel.pipeline());
  }

  /// Sends a part of a file after everything written before; loop's thread.
  ChannelFuture sendFile(FileRegion region) {
    writeAll();
    activity.sent();
    return channel.writeAndFlush(region);
  }

  /// {@return the peer's address, as its proxy says if it has one; the loopback address for a Unix
  /// socket}
  InetAddress peerAddress() {
    return peerName() instanceof InetSocketAddress peer
        ? peer.getAddress()
        : InetAddress.getLoopbackAddress();
  }

  /// Records whether anything was received or sent since the last call.
  Activity lookAtActivity() {
    if (hasMoved(sent)) {
      activity.sent();
    }
    activity.look(loop.time());
    return activity;
  }

  /// {@return whether anything was sent since the last call}
  boolean hasMoved(SendProgress progress) {
    return progress.hasMoved(channel, pending.size());
  }

  /// {@return whether bytes were read from the reader}
  boolean hasBeenRead() {
    return activity.received() > reader.buffered();
  }

  /// Ends the connection for a reason on this side.
  void cut(IOException reason) {
    fail(reason);
    markDirty();
  }

  /// Ends it gracefully, when its server shuts down: data that has arrived is read, and what the
  /// body writes is sent. Then the input ends, and the body closes the connection. Loop's thread.
  void finish() {
    if (!ready) {
      close();
    } else if (ending == null) {
      ending = new GracefulEnd(this);
    }
  }

  private ChannelFutureListener whenSent() {
    return ending == null ? ChannelFutureListener.CLOSE : ending.whenSent();
  }

  Channel channel() {
    return channel;
  }

  private void applyReading() {
    boolean wanted =
        (!readingPaused && state == State.OPEN) || (ending != null && ending.isLingering());
    if (!inputEnded && channel.config().isAutoRead() != wanted) {
      channel.config().setAutoRead(wanted);
    }
  }

  private void endOutput() {
    if (outputEnds && !outputEndSent && state == State.OPEN && pending.isEmpty()) {
      outputEndSent = true;
      channel
          .writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(sent -> {
            if (sent.isSuccess()) {
              ((DuplexChannel) channel).shutdownOutput();
            }
          });
    }
  }

  private void adjustWriter() {
    if (state == State.CLOSED) {
      return;
    }
    boolean full = pending.size() > HIGH_WATER || !channel.isWritable();
    if (full && !writerPaused) {
      writerPaused = true;
      writer.pauseWriting();
    } else if (!full && writerPaused) {
      writerPaused = false;
      writer.resumeWriting();
    }
  }

  private void markDirty() {
    if (!dirty) {
      driver.addDirty(this);
      dirty = true; // not if memory ran out before
    }
  }

  @Override
  public void pauseReading() {
    readingPaused = true;
    if (channel.eventLoop().inEventLoop()) {
      applyReading(); // inside a read, which would continue otherwise
    } else {
      markDirty();
    }
  }

  @Override
  public void resumeReading() {
    readingPaused = false;
    markDirty();
  }

  @Override
  public void write(byte[] data, int offset, int length) {
    if (outputEnds) {
      throw new IllegalStateException("Cannot write after writeEof()");
    }
    if (sendingFile) {
      throw new IllegalStateException("Cannot write while a file is being sent");
    }
    enqueue(data, offset, length);
  }

  /// Writes bytes; also used while a file is sent.
  void enqueue(byte[] data, int offset, int length) {
    if (state != State.OPEN) {
      return; // as in asyncio: the writer gets the loss from drain()
    }
    if (ending != null) {
      ending.written();
    }
    pending.add(data, offset, length);
    markDirty();
    adjustWriter();
  }

  @Override
  public void writeEof() {
    outputEnds = true;
    markDirty();
  }

  @Override
  public boolean canWriteEof() {
    return tls == null && channel instanceof SocketChannel;
  }

  @Override
  public void close() {
    if (state == State.OPEN) {
      state = State.CLOSING;
      if (tls != null) {
        closing = new ClosingLimit(this, tls.shutdownTimeout());
      }
      markDirty();
    }
  }

  void giveUpShutdown() {
    if (state == State.CLOSING) {
      cut(new IOException("TLS shutdown timed out"));
    }
  }

  @Override
  public void abort() {
    if (state == State.OPEN || state == State.CLOSING) {
      state = State.ABORTING;
      markDirty();
    }
  }

  @Override
  public boolean isClosing() {
    return state != State.OPEN;
  }

  @Override
  public @Nullable Object getExtraInfo(String name) {
    return switch (name) {
      case "peername" -> peerName();
      case "sockname" -> sockName();
      case "proxyHeader" -> proxyHeader;
      case "channel" -> channel;
      case "transport" -> this;
      default -> secured == null ? null : TlsFacts.of(secured, name);
    };
  }

  private @Nullable SocketAddress peerName() {
    SocketAddress source = proxyHeader == null ? null : proxyHeader.source();
    return source == null ? Addresses.peerOf(channel) : source;
  }

  private SocketAddress sockName() {
    SocketAddress destination = proxyHeader == null ? null : proxyHeader.destination();
    return destination == null ? channel.localAddress() : destination;
  }

  @Override
  public String toString() {
    SocketAddress source = proxyHeader == null ? null : proxyHeader.source();
    return Addresses.text(channel) + (source == null ? "" : " for " + Addresses.text(source));
  }
}
