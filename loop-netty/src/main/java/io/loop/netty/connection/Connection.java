package io.loop.netty.connection;

import io.loop.event.Loop;
import io.loop.netty.base.Disconnects;
import io.loop.netty.base.PeerReports;
import io.loop.netty.core.ChannelCore;
import io.loop.netty.core.GracefulEnd;
import io.loop.netty.core.WriteChunks;
import io.loop.netty.served.Activity;
import io.loop.netty.served.SendProgress;
import io.loop.netty.served.Served;
import io.loop.netty.transport.TlsOptions;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketException;
import org.jspecify.annotations.Nullable;

/// One connection as a stream of bytes: the core with a reader and a writer.
///
/// [ConnectionHandler] is its side in Netty's pipeline, [ConnectionTransport] its side for the
/// reader and the writer. TLS, files, the graceful end and the limits of a server are parts beside
/// the core, which does not know them.
public final class Connection implements ChannelCore.Kind, Served {

  private static final int TLS_CHUNK = 16_384; // Netty encrypts at once, whatever the socket takes

  private final Loop loop;
  private final Channel channel;
  private final ChannelCore core;
  private final PendingBytes pending;
  private final ConnectionTransport transport;
  private final ConnectionInput input;
  private final ConnectionPeer peer;
  private final ConnectionEvents events;
  private final ConnectionTls tls;
  private final SendProgress sent = new SendProgress();
  private final ConnectionHandler handler = new ConnectionHandler(this);
  private @Nullable GracefulEnd ending;
  private boolean ready;

  public Connection(
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
    this.transport = new ConnectionTransport(this, core, pending, limit);
    this.input = new ConnectionInput(transport.reader());
    this.peer = new ConnectionPeer(channel);
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
  public static Connection of(StreamWriter writer) {
    if (writer.getExtraInfo("transport") instanceof ConnectionTransport transport) {
      return transport.connection();
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
  public ConnectionHandler handler() {
    return handler;
  }

  ChannelCore core() {
    return core;
  }

  public StreamReader reader() {
    return transport.reader();
  }

  public StreamWriter writer() {
    return transport.writer();
  }

  public ConnectionTransport transport() {
    return transport;
  }

  public ConnectionPeer peer() {
    return peer;
  }

  public ConnectionTls tls() {
    return tls;
  }

  /// {@return whether a server accepted it; if not, this side opened it}
  public boolean isAccepted() {
    return events.areOfServer();
  }

  // --- its pipeline: the loop's thread ---

  /// Inserts a handler between its own and the program's.
  public void insert(ChannelHandler before) {
    channel.pipeline().addBefore(channel.pipeline().context(handler).name(), null, before);
  }

  /// There are handlers of the program in the pipeline, which may listen to what is written.
  public void expectForeignHandlers() {
    pending.useRealPromises();
  }

  public ByteBufAllocator allocator() {
    return channel.alloc();
  }

  /// {@return the failure that ended it, or is ending it}
  public @Nullable Throwable cause() {
    return core.life().cause();
  }

  @Override
  public InetAddress peerAddress() {
    return peer.host();
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
    if (core.life().isOpen() && input.add(data)) {
      core.keepReadingPaused();
    }
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

  void endInput() {
    input.end();
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
      writer().pauseWriting();
    } else {
      writer().resumeWriting();
    }
  }

  @Override
  public void lastSent(boolean sent) {
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
    reader().keepSegments();
    events.closed(this);
  }

  private void tellLoss(@Nullable Throwable cause) {
    if (cause == null) {
      endInput();
    } else {
      reader().setException(cause instanceof IOException ? cause : new IOException(cause));
    }
    writer().connectionLost(cause);
  }

  /// The channel is closed or out of reach.
  void lose() {
    if (!input.hasEnded() && core.life().isOpen()) {
      var cutOff = tls.cutOff();
      if (cutOff != null) {
        boolean _ = core.life().fail(cutOff);
      }
    }
    core.lose();
  }

  // --- TLS ---

  /// Everything written from now on will be encrypted: passes on what was written before.
  void beforeTls() {
    pending.pass(true);
    pending.setLargest(TLS_CHUNK);
    allowHalfClosure(false);
  }

  void giveUpShutdown() {
    if (core.life().isClosing()) {
      cut(new IOException("TLS shutdown timed out"));
    }
  }

  // --- the limits and the end of a server ---

  @Override
  public Activity lookAtActivity() {
    return input.look(loop.time(), pending.passed(), hasMoved(sent));
  }

  /// {@return whether anything was sent since the last call}
  boolean hasMoved(SendProgress progress) {
    return progress.hasMoved(channel, pending.size());
  }

  @Override
  public boolean hasBeenRead() {
    return input.hasBeenRead();
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
      ending = new GracefulEnd(core, reader()::feedEofWhenEmpty);
    }
  }

  /// Its writer has added something to what is pending.
  void written() {
    if (ending != null) {
      ending.written();
    }
    core.written();
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
  public String toString() {
    return peer.toString();
  }
}
