package io.loop.netty;

import io.loop.netty.poller.EventLoops;
import io.loop.netty.transport.Transport;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// The clients of an echo server, as a separate program: plain Netty on one event loop.
///
/// The first line of its standard input is the port. It visits the server with short connections,
/// opens all lasting ones and prints `open`. For each further number on its standard input it makes
/// that many round trips, and prints the median and the 99th percentile of their times, in
/// nanoseconds; 0 discards the times. It ends when its input ends.
final class EchoLoad {

  /*
   * The loop is closed: a connection sends when a message has returned, while there are round trips
   * left. The first messages are all sent before any answer is read. What follows the answers of
   * one read is flushed together. The main thread reads the numbers; everything else happens on the
   * event loop's thread.
   *
   * A message starts with a stamp that names the connection and the message. The stamp and the
   * length are checked.
   *
   * A visit is a connection with one message. The visits before the lasting connections let the
   * server compile its code: a coroutine that starts earlier has interpreted frames at the bottom of
   * its stack, and its steps are slow for its whole life.
   */

  private static final int VISITING = 16; // at a time

  private static final int OPENING = 256; // at a time, fewer than a server's backlog
  private static final int PATIENCE_SECONDS = 120;
  private static final long SLOWEST_NANOS = 100_000_000_000L;

  private final class Conversation extends ChannelInboundHandlerAdapter {
    private final long id;
    private @Nullable ChannelHandlerContext context;
    private final long[] sentNanos = new long[inFlight]; // at the sequence, modulo
    private long sent;
    private long returned; // completely
    private int received; // of the message after those

    Conversation(int index) {
      this.id = (long) index << 40;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      context = added;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // exceptionCaught gets the failure
    void sendNext() {
      if (left == 0) {
        return;
      }
      left--;
      sentNanos[(int) (sent % inFlight)] = System.nanoTime();
      ChannelHandlerContext channel = Objects.requireNonNull(context);
      ByteBuf message = channel.alloc().directBuffer(padding.length + Long.BYTES);
      message.writeLong(id + sent).writeBytes(padding);
      sent++;
      channel.write(message, channel.voidPromise());
    }

    void flush() {
      Objects.requireNonNull(context).flush();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      var data = (ByteBuf) message;
      try {
        while (data.isReadable()) {
          receive(data);
        }
      } finally {
        data.release();
      }
    }

    private void receive(ByteBuf data) {
      check(data);
      if (received == padding.length + Long.BYTES) {
        nanos.recordValue(System.nanoTime() - sentNanos[(int) (returned % inFlight)]);
        returned++;
        received = 0;
        sendNext();
        countDown();
      }
    }

    private void check(ByteBuf data) {
      if (returned == sent) {
        throw new IllegalStateException("the answer is longer than message " + returned);
      }
      for (; received < Long.BYTES && data.isReadable(); received++) {
        int shift = Long.SIZE - Byte.SIZE * (received + 1);
        if (data.readByte() != (byte) ((id + returned) >>> shift)) {
          throw new IllegalStateException("the answer differs from message " + returned);
        }
      }
      int more = Math.min(data.readableBytes(), padding.length + Long.BYTES - received);
      data.skipBytes(more);
      received += more;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      context.flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      done.completeExceptionally(new IOException("the server closed " + context.channel()));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
      done.completeExceptionally(fault);
    }
  }

  private final class Visit extends ChannelInboundHandlerAdapter {
    private int left = padding.length;

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // exceptionCaught gets the failure
    public void channelActive(ChannelHandlerContext context) {
      context.writeAndFlush(Unpooled.wrappedBuffer(padding), context.voidPromise());
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // a lost connection is reported by the next ones
    public void channelRead(ChannelHandlerContext context, Object message) {
      var data = (ByteBuf) message;
      left -= data.readableBytes();
      data.release();
      if (left <= 0) {
        context.close();
      }
    }
  }

  private final MultiThreadIoEventLoopGroup group;
  private final List<Conversation> conversations = new ArrayList<>();
  private final byte[] padding;
  private final int inFlight;
  private final int visits;
  private final Histogram nanos = new Histogram(SLOWEST_NANOS, 3);
  private volatile CompletableFuture<String> done = new CompletableFuture<>();
  private int left;
  private int outstanding;

  private EchoLoad(Transport transport, int size, int inFlight, int visits) {
    this.group = new MultiThreadIoEventLoopGroup(1, EventLoops.newHandlerFactory(transport));
    this.padding = new byte[size - Long.BYTES];
    this.inFlight = inFlight;
    this.visits = visits;
  }

  /// Runs the clients.
  ///
  /// @param arguments the transport, how many connections, the bytes in a message, how many
  ///   messages are under way on each connection, and how many visits come first
  public static void main(String... arguments) throws Exception {
    Transport transport = Transport.named(arguments[0]);
    int size = Integer.parseInt(arguments[2]);
    var load =
        new EchoLoad(
            transport, size, Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]));
    var orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try {
      String port = orders.readLine();
      if (port != null) {
        load.open(transport, Integer.parseInt(port), Integer.parseInt(arguments[1]));
        load.obey(orders);
      }
    } finally {
      var _ = load.group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await();
    }
  }

  private void open(Transport transport, int port, int connections) throws InterruptedException {
    var bootstrap =
        new Bootstrap()
            .group(group)
            .channel(transport.socketType())
            .remoteAddress("127.0.0.1", port);
    var visiting = new Semaphore(VISITING);
    for (int i = 0; i < visits; i++) {
      connect(bootstrap, new Visit(), visiting, Channel::closeFuture);
    }
    visiting.acquire(VISITING);
    var opening = new Semaphore(OPENING);
    for (int i = 0; i < connections; i++) {
      var conversation = new Conversation(i);
      conversations.add(conversation);
      connect(bootstrap, conversation, opening, Channel::newSucceededFuture);
    }
    opening.acquire(OPENING);
    System.out.println("open");
  }

  /// Connects as soon as there is a permit.
  ///
  /// @param end when a connected channel returns its permit
  private void connect(
      Bootstrap bootstrap,
      ChannelHandler handler,
      Semaphore permits,
      Function<Channel, ChannelFuture> end)
      throws InterruptedException {
    permits.acquire();
    bootstrap
        .clone()
        .handler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(handler);
              }
            })
        .connect()
        .addListener((ChannelFuture opened) -> {
          if (!opened.isSuccess()) {
            done.completeExceptionally(opened.cause());
          }
          end.apply(opened.channel()).addListener(_ -> permits.release());
        });
  }

  private void obey(BufferedReader orders) throws Exception {
    for (String order; (order = orders.readLine()) != null; ) {
      int roundTrips = Integer.parseInt(order);
      group.execute(() -> start(roundTrips));
      System.out.println(done.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
      done = new CompletableFuture<>();
    }
  }

  private void start(int roundTrips) {
    if (roundTrips == 0) {
      nanos.reset();
      done.complete(report());
      return;
    }
    left = roundTrips;
    outstanding = roundTrips;
    for (Conversation conversation : conversations) {
      for (int i = 0; i < inFlight; i++) {
        conversation.sendNext();
      }
      conversation.flush();
    }
  }

  private void countDown() {
    if (--outstanding == 0) {
      done.complete(report());
    }
  }

  private String report() {
    return nanos.getValueAtPercentile(50) + " " + nanos.getValueAtPercentile(99);
  }
}
