package io.loop.netty;

import io.loop.event.Loop;
import io.loop.stream.ReadTransport;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.stream.WriteTransport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One connection: a channel on one side, a reader and a writer on the other.
@SuppressWarnings("FutureReturnValueIgnored") // failures come back through exceptionCaught
final class ConnectionHandler extends ChannelInboundHandlerAdapter
    implements ReadTransport, WriteTransport, Dirty {

  /*
   * Two callers, never at once. The loop's thread calls the channel methods while it polls, and
   * flushToNetty. Coroutines of the loop call the transport methods, which change only our own fields
   * and put the connection on the driver's dirty list; of the channel they read plain facts. What
   * changes the channel is called on the loop's thread, nearly all of it from flushToNetty.
   *
   *   OPEN --close--> CLOSING (what is pending is sent first) --inactive--> CLOSED
   *     `---abort, failure--> ABORTING (what is pending is dropped) --inactive--> CLOSED
   *
   * Bytes wait in `pending` until the flush, then in Netty's outbound buffer until the socket takes
   * them. The writer is paused while `pending` is above the high-water mark or the channel is not
   * writable, and resumed when neither is. Netty's channel is writable at "below low", asyncio says
   * "at or below": the mark is set one higher.
   *
   * After the peer has ended its direction the channel must not be told to read again: epoll closes
   * it for that.
   */

  private enum State {
    OPEN,
    CLOSING,
    ABORTING,
    CLOSED
  }

  static final int HIGH_WATER = 65_536;
  static final int LOW_WATER = HIGH_WATER / 4;
  private static final int SMALLEST_PENDING = 256;
  private static final byte[] NONE = {};

  private final Loop loop;
  private final NettyDriver driver;
  private final Channel channel;
  private final StreamReader reader;
  private final StreamWriter writer;
  private final Consumer<ConnectionHandler> whenActive;
  private final Consumer<ConnectionHandler> whenClosed;

  private State state = State.OPEN;
  private byte[] pending = NONE;
  private int pendingLength;
  private boolean dirty;
  private boolean readingPaused;
  private boolean inputEnded;
  private boolean outputEnds;
  private boolean outputEndSent;
  private boolean closeSent;
  private boolean writerPaused;
  private @Nullable Throwable cause;

  ConnectionHandler(
      Channel channel,
      Loop loop,
      int limit,
      Consumer<ConnectionHandler> whenActive,
      Consumer<ConnectionHandler> whenClosed) {
    this.channel = channel;
    this.loop = loop;
    this.driver = NettyDriver.of(loop);
    this.whenActive = whenActive;
    this.whenClosed = whenClosed;
    this.reader = new StreamReader(loop, limit);
    this.writer = new StreamWriter(loop, this, reader);
    reader.setTransport(this);
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
    whenActive.accept(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof ByteBuf data)) {
      context.fireChannelRead(message);
      return;
    }
    try {
      if (state == State.OPEN && !inputEnded) {
        feed(data);
      }
    } finally {
      data.release();
    }
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
    if (event instanceof ChannelInputShutdownEvent) {
      endInput();
    }
    context.fireUserEventTriggered(event);
  }

  private void endInput() {
    if (!inputEnded) {
      inputEnded = true;
      reader.feedEof();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    adjustWriter();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    if (cause == null && state != State.CLOSED) {
      cause = fault;
    }
    state = state == State.CLOSED ? State.CLOSED : State.ABORTING;
    context.close();
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
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    pending = NONE;
    pendingLength = 0;
    if (!loop.isClosed()) {
      tellLoss();
    }
    whenClosed.accept(this);
  }

  private void tellLoss() {
    if (cause == null) {
      endInput();
    } else {
      reader.setException(cause instanceof IOException ? cause : new IOException(cause));
    }
    writer.connectionLost(cause);
  }

  /// Does with Netty what was asked since the last call; loop's thread.
  @Override
  public void flushToNetty() {
    dirty = false;
    if (state == State.CLOSED) {
      return;
    }
    if (state == State.ABORTING) {
      channel.close();
      return;
    }
    writePending();
    applyReading();
    endOutput();
    if (state == State.CLOSING && !closeSent) {
      closeSent = true;
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
    adjustWriter();
  }

  private void writePending() {
    if (pendingLength == 0) {
      return;
    }
    ByteBuf data = channel.alloc().ioBuffer(pendingLength).writeBytes(pending, 0, pendingLength);
    pending = NONE;
    pendingLength = 0;
    channel.writeAndFlush(data, channel.voidPromise());
  }

  private void applyReading() {
    boolean wanted = !readingPaused && state == State.OPEN;
    if (!inputEnded && channel.config().isAutoRead() != wanted) {
      channel.config().setAutoRead(wanted);
    }
  }

  private void endOutput() {
    if (outputEnds && !outputEndSent && state == State.OPEN) {
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
    boolean full = pendingLength > HIGH_WATER || !channel.isWritable();
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
      dirty = true;
      driver.addDirty(this);
    }
  }

  @Override
  public void pauseReading() {
    readingPaused = true;
    if (channel.eventLoop().inEventLoop()) {
      applyReading(); // fed by a read that is under way, and would go on
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
    if (state != State.OPEN) {
      return; // as asyncio: a writer learns of the loss when it drains
    }
    int total = Math.addExact(pendingLength, length);
    if (total > pending.length) {
      pending = Arrays.copyOf(pending, Math.max(SMALLEST_PENDING, Math.max(total, grown())));
    }
    System.arraycopy(data, offset, pending, pendingLength, length);
    pendingLength = total;
    markDirty();
    adjustWriter();
  }

  private int grown() {
    return pending.length > Integer.MAX_VALUE / 2 ? Integer.MAX_VALUE - 8 : pending.length * 2;
  }

  @Override
  public void writeEof() {
    outputEnds = true;
    markDirty();
  }

  @Override
  public boolean canWriteEof() {
    return true;
  }

  @Override
  public void close() {
    if (state == State.OPEN) {
      state = State.CLOSING;
      markDirty();
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
      case "peername" -> channel.remoteAddress();
      case "sockname" -> channel.localAddress();
      case "channel" -> channel;
      default -> null;
    };
  }

  @Override
  public String toString() {
    return channel.toString();
  }
}
