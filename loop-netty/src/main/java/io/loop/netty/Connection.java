package io.loop.netty;

import io.loop.event.Loop;
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
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundInvoker;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/// One connection as a stream of bytes: the core with a reader and a writer.
///
/// [ConnectionHandler] is its side in Netty's pipeline. TLS, files, the graceful end and the limits
/// of a server are parts beside the core, which does not know them.
final class Connection implements ReadTransport, WriteTransport, ChannelCore.Kind, Served {

  private static final int TLS_CHUNK = 16_384; // Netty encrypts at once, whatever the socket takes

  private static final int LENT_SHARE = 4;

  private final Loop loop;
  private final Channel channel;
  private final ChannelCore core;
  private final PendingBytes pending;
  private final StreamReader reader;
  private final StreamWriter writer;
  private final ConnectionEvents events;
  private final ConnectionTls tls;
  private final Activity activity = new Activity();
  private final SendProgress sent = new SendProgress();
  private final ConnectionHandler handler = new ConnectionHandler(this);
  private @Nullable ProxyHeader proxyHeader;
  private @Nullable GracefulEnd ending;
  private boolean ready;
  private boolean inputEnded;
  private boolean sendingFile;

  Connection(
      Channel channel,
      Loop loop,
      int limit,
      @Nullable TlsOptions options,
      ConnectionEvents events) {
    this.loop = loop;
    this.channel = channel;
    this.events = events;
    this.tls = new ConnectionTls(options);
    this.pending = new PendingBytes(channel, WriteChunks.of(loop));
    this.core = new ChannelCore(loop, channel, channel, pending, this);
    this.reader = new StreamReader(loop, limit);
    this.writer = new StreamWriter(loop, this, reader);
    reader.setTransport(this);
    allowHalfClosure(options == null);
    if (options != null) {
      pending.setLargest(TLS_CHUNK);
    }
  }

  /// Not for Unix sockets: Netty's NIO and io_uring close them when the peer shuts down its output,
  /// and with epoll unsent data was lost. Not for TLS: the connection closes then.
  private void allowHalfClosure(boolean allowed) {
    if (channel instanceof SocketChannel socket) {
      socket.config().setAllowHalfClosure(allowed);
    }
  }

  /// {@return the connection that a writer of this module writes to}
  ///
  /// @throws IllegalArgumentException if it does not write to a connection
  static Connection of(StreamWriter writer) {
    if (writer.getExtraInfo("transport") instanceof Connection connection) {
      return connection;
    }
    throw new IllegalArgumentException("not the writer of a connection on Netty: " + writer);
  }

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public Channel channel() {
    return channel;
  }

  /// {@return its side in the pipeline}
  ConnectionHandler handler() {
    return handler;
  }

  ChannelCore core() {
    return core;
  }

  StreamReader reader() {
    return reader;
  }

  StreamWriter writer() {
    return writer;
  }

  ConnectionTls tls() {
    return tls;
  }

  /// {@return whether a server accepted it; if not, this side opened it}
  boolean isAccepted() {
    return events.areOfServer();
  }

  // --- its pipeline: the loop's thread ---

  /// Inserts a handler between its own and the program's.
  void insert(ChannelHandler before) {
    channel.pipeline().addBefore(channel.pipeline().context(handler).name(), null, before);
  }

  /// There are handlers of the program in the pipeline, which may listen to what is written.
  void expectForeignHandlers() {
    pending.useRealPromises();
  }

  /// The PROXY header has arrived; before the connection is active.
  void proxiedBy(ProxyHeader header) {
    proxyHeader = header;
  }

  @Nullable ProxyHeader proxyHeader() {
    return proxyHeader;
  }

  ByteBufAllocator allocator() {
    return channel.alloc();
  }

  /// {@return the failure that ended it, or is ending it}
  @Nullable Throwable cause() {
    return core.life().cause();
  }

  /// As its proxy says, if it has one.
  @Override
  public InetAddress peerAddress() {
    return peerName() instanceof InetSocketAddress peer
        ? peer.getAddress()
        : InetAddress.getLoopbackAddress();
  }

  // --- what happens to it: the loop's thread ---

  void opened() {
    events.opened(this);
    if (!tls.isOn()) {
      becomeReady();
    }
  }

  void becomeReady() {
    if (!ready) {
      ready = true;
      events.ready(this);
    }
  }

  /// Adds what has arrived; does not release it.
  void received(ByteBuf data) {
    if (!core.life().isOpen() || inputEnded || reader.atEof()) {
      return;
    }
    activity.received(data.readableBytes());
    if (isWorthLending(data)) {
      reader.feedSegment(new BufferSegment(data.retain()));
    } else if (data.nioBufferCount() == 1) {
      reader.feedData(data.nioBuffer());
    } else {
      for (var part : data.nioBuffers()) {
        reader.feedData(part);
      }
    }
    core.keepReadingPaused();
  }

  /// A message that is not bytes has arrived.
  void refuse(Object message) {
    String type = message.getClass().getName();
    ReferenceCountUtil.release(message);
    core.fail(
        new IOException(
            "a handler in the pipeline passed on a "
                + type
                + ", but a stream takes ByteBufs only"));
  }

  /// A buffer that is mostly empty is lent only if it is the only one: a reader that is slow must
  /// not hold many of them.
  private boolean isWorthLending(ByteBuf data) {
    return data.isReadable()
        && reader.takesSegments()
        && (reader.buffered() == 0 || data.readableBytes() >= data.capacity() / LENT_SHARE);
  }

  void endInput() {
    if (!inputEnded) {
      inputEnded = true;
      reader.feedEof();
    }
  }

  /// The peer has shut down its output.
  void peerEnded() {
    core.inputEnded();
    endInput();
    if (ending != null) {
      ending.inputEnded();
    }
  }

  /// The output was shut down: because a write failed for a reason other than the socket, in which
  /// case Netty drops later writes, or because other code with access to the channel did it.
  void outputShutDown() {
    if (!core.outgoing().hasEnded() && (ending == null || !ending.isLingering())) {
      core.fail(
          new SocketException("the output of the connection was shut down without its writer"));
    }
  }

  @Override
  public void fullChanged(boolean full) {
    if (full) {
      writer.pauseWriting();
    } else {
      writer.resumeWriting();
    }
  }

  @Override
  public void lastSent(ChannelCore core, boolean sent) {
    if (!sent || ending == null || tls.isOn() || !ending.linger()) {
      core.closeChannel();
    }
  }

  @Override
  public void flushBroke(Throwable fault) {
    core.fail(Disconnects.causeOf(fault));
    PeerReports.report(loop, "Exception while writing to a connection", fault, "transport", this);
  }

  @Override
  public void lost() {
    if (ending != null) {
      ending.stop();
    }
    tls.stop();
    if (!loop.isClosed()) {
      tellLoss(cause());
    }
    reader.keepSegments();
    events.closed(this);
  }

  private void tellLoss(@Nullable Throwable cause) {
    if (cause == null) {
      endInput();
    } else {
      reader.setException(cause instanceof IOException ? cause : new IOException(cause));
    }
    writer.connectionLost(cause);
  }

  /// The channel is closed or out of reach.
  void lose() {
    if (!inputEnded && core.life().isOpen()) {
      var cutOff = tls.cutOff();
      if (cutOff != null) {
        boolean _ = core.life().fail(cutOff);
      }
    }
    core.lose();
  }

  // --- TLS ---

  /// Inserts TLS before the handler, for everything written from now on; loop's thread. Bytes that
  /// have arrived but were not read are taken as the start of the peer's handshake.
  ///
  /// @param done settled when the handshake has succeeded or the connection is lost
  void secure(ChannelHandler handler, TlsOptions options, LoopFuture<@Nullable Void> done) {
    pending.pass(true);
    tls.start(options, done);
    pending.setLargest(TLS_CHUNK);
    allowHalfClosure(false);
    insert(handler);
    byte[] early = reader.takeBuffered();
    if (early.length > 0) {
      ChannelHandlerContext before = WireHandlers.before(channel.pipeline(), handler);
      ChannelInboundInvoker source = before == null ? channel.pipeline() : before;
      source.fireChannelRead(Unpooled.wrappedBuffer(early)).fireChannelReadComplete();
    }
  }

  void giveUpShutdown() {
    if (core.life().isClosing()) {
      cut(new IOException("TLS shutdown timed out"));
    }
  }

  // --- files ---

  void beginFile() {
    if (core.outgoing().isEnding() || isClosing()) {
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
    return !tls.isOn()
        && !core.outgoing().needsRegistration()
        && channel instanceof SocketChannel
        && NettyDriver.of(loop).transport() != Transport.IO_URING
        && WireHandlers.passFiles(channel.pipeline());
  }

  /// Sends a part of a file after everything written before; loop's thread.
  ChannelFuture sendFile(FileRegion region) {
    pending.pass(true);
    pending.passedBeside(region.count());
    return channel.writeAndFlush(region);
  }

  // --- the limits and the end of a server ---

  @Override
  public Activity lookAtActivity() {
    activity.look(loop.time(), pending.passed(), hasMoved(sent));
    return activity;
  }

  /// {@return whether anything was sent since the last call}
  boolean hasMoved(SendProgress progress) {
    return progress.hasMoved(channel, pending.size());
  }

  @Override
  public boolean hasBeenRead() {
    return activity.received() > reader.buffered();
  }

  @Override
  public void cut(IOException reason) {
    core.fail(reason);
  }

  @Override
  public void finish() {
    if (!ready) {
      close();
    } else if (ending == null) {
      ending = new GracefulEnd(core, reader::feedEofWhenEmpty);
    }
  }

  // --- what its reader and writer ask for: coroutines ---

  @Override
  public void pauseReading() {
    core.pauseReading();
  }

  @Override
  public void resumeReading() {
    if (core.life().isOpen()) {
      core.resumeReading();
    }
  }

  @Override
  public void write(byte[] data, int offset, int length) {
    requireWritable();
    enqueue(data, offset, length);
  }

  private void requireWritable() {
    if (core.outgoing().isEnding()) {
      throw new IllegalStateException("Cannot write after writeEof()");
    }
    if (sendingFile) {
      throw new IllegalStateException("Cannot write while a file is being sent");
    }
  }

  /// Writes bytes; also used while a file is sent.
  void enqueue(byte[] data, int offset, int length) {
    if (!core.life().isOpen()) {
      return; // as in asyncio: the writer gets the loss from drain()
    }
    if (ending != null) {
      ending.written();
    }
    pending.add(data, offset, length);
    core.written();
  }

  /// Writes a buffer and takes ownership of it, also if this throws.
  void write(ByteBuf data) {
    try {
      requireWritable();
    } catch (IllegalStateException refused) {
      data.release();
      throw refused;
    }
    if (!core.life().isOpen()) {
      data.release();
      return;
    }
    if (ending != null) {
      ending.written();
    }
    pending.add(data);
    core.written();
  }

  @Override
  public void writeEof() {
    core.writeEof();
  }

  @Override
  public boolean canWriteEof() {
    return !tls.isOn() && channel instanceof SocketChannel;
  }

  @Override
  public void close() {
    if (core.life().isOpen()) {
      core.close();
      core.pauseReading();
      tls.closing(this);
    }
  }

  @Override
  public void abort() {
    core.abort();
  }

  @Override
  public boolean isClosing() {
    return !core.life().isOpen();
  }

  @Override
  public @Nullable Object getExtraInfo(String name) {
    return switch (name) {
      case "peername" -> peerName();
      case "sockname" -> sockName();
      case "proxyHeader" -> proxyHeader;
      case "channel" -> channel;
      case "transport" -> this;
      default -> tls.fact(name);
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
