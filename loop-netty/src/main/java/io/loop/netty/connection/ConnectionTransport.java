package io.loop.netty.connection;

import io.loop.netty.core.ChannelCore;
import io.loop.netty.poller.NettyDriver;
import io.loop.netty.transport.Transport;
import io.loop.stream.ReadTransport;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.stream.WriteTransport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.SocketChannel;
import org.jspecify.annotations.Nullable;

/// What the reader and the writer of a [Connection] ask for. Coroutines of its loop, unless a
/// method says otherwise.
public final class ConnectionTransport implements ReadTransport, WriteTransport {

  private final Connection connection;
  private final Channel channel;
  private final ChannelCore core;
  private final PendingBytes pending;
  private final StreamReader reader;
  private final StreamWriter writer;
  private boolean sendingFile;

  ConnectionTransport(Connection connection, ChannelCore core, PendingBytes pending, int limit) {
    this.connection = connection;
    this.channel = core.channel();
    this.core = core;
    this.pending = pending;
    this.reader = new StreamReader(core.loop(), limit);
    this.writer = new StreamWriter(core.loop(), this, reader);
    reader.setTransport(this);
  }

  Connection connection() {
    return connection;
  }

  StreamReader reader() {
    return reader;
  }

  StreamWriter writer() {
    return writer;
  }

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

  /// Writes a buffer and takes ownership of it, also if this throws.
  public void write(ByteBuf data) {
    try {
      requireWritable();
    } catch (IllegalStateException refused) {
      data.release();
      throw refused;
    }
    if (core.life().isOpen()) {
      pending.add(data);
      connection.written();
    } else {
      data.release();
    }
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
    if (core.life().isOpen()) { // as in asyncio: the writer gets the loss from drain()
      pending.add(data, offset, length);
      connection.written();
    }
  }

  @Override
  public void writeEof() {
    core.writeEof();
  }

  @Override
  public boolean canWriteEof() {
    return !connection.tls().isOn() && channel instanceof SocketChannel;
  }

  @Override
  public void close() {
    connection.close();
  }

  @Override
  public void abort() {
    core.abort();
  }

  @Override
  public boolean isClosing() {
    return connection.isClosing();
  }

  @Override
  public @Nullable Object getExtraInfo(String name) {
    return switch (name) {
      case "peername" -> connection.peer().address();
      case "sockname" -> connection.peer().localAddress();
      case "proxyHeader" -> connection.peer().proxyHeader();
      case "channel" -> channel;
      case "transport" -> this;
      default -> connection.tls().fact(name);
    };
  }

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
    return !connection.tls().isOn()
        && !core.outgoing().needsRegistration()
        && channel instanceof SocketChannel
        && NettyDriver.of(core.loop()).transport() != Transport.IO_URING
        && WireHandlers.passFiles(channel.pipeline());
  }

  /// Sends a part of a file after everything written before; loop's thread.
  ChannelFuture sendFile(FileRegion region) {
    pending.pass(true);
    pending.passedBeside(region.count());
    return channel.writeAndFlush(region);
  }

  @Override
  public String toString() {
    return connection.toString();
  }
}
