package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.loop.event.Loop;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.stream.ConnectionBody;
import io.loop.netty.stream.Streams;
import io.loop.netty.transport.Transport;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.task.Tasks;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What a server allocates for one request of an echo: bytes on the heap, and Netty's buffers.
///
/// The counts are those of a program that was not compiled yet, which allocates most. They include
/// the objects of unpooled buffers, 200 to 300 bytes each.
class EchoAllocationTest extends OnNetty {

  /*
   * A large message may come in several reads, which take more buffers and larger arrays, and what a
   * request leaves to be done after its answer counts for the next one. So a few requests are
   * counted together, many times, and the least count is that of requests that came whole.
   *
   * A read that fills its buffer of 64 KiB is followed by another one, which finds nothing and gives
   * its buffer back: that is Netty's, and raw Netty's echo has it too.
   */

  private static final int REQUESTS = 4;
  private static final int BATCHES = 100;
  private static final int BLOCK = 65_536;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /// A size of a message, and the most that a request of that size may take.
  record Cell(int size, int bytes, int buffers) {}

  /// What one request takes.
  private record Count(double bytes, double buffers) {}

  /// Counts the buffers that are asked of it.
  private static final class CountingAllocator extends AbstractByteBufAllocator {
    private final UnpooledByteBufAllocator memory = new UnpooledByteBufAllocator(true, true);
    private final AtomicInteger buffers = new AtomicInteger();

    CountingAllocator() {
      super(true);
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
      buffers.incrementAndGet();
      return memory.heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
      buffers.incrementAndGet();
      return memory.directBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
      return false;
    }
  }

  private static Stream<Arguments> streams() {
    return onEachTransport(
        new Cell(64, 1_400, 2), new Cell(4096, 5_500, 2), new Cell(65_536, 68_000, 3));
  }

  private static Stream<Arguments> streamsInto() {
    return onEachTransport(
        new Cell(64, 1_400, 2), new Cell(4096, 1_400, 2), new Cell(65_536, 2_500, 3));
  }

  private static Stream<Arguments> channels() {
    return onEachTransport(
        new Cell(64, 750, 1), new Cell(4096, 750, 1), new Cell(65_536, 1_100, 2));
  }

  private static Stream<Arguments> onEachTransport(Cell... cells) {
    return transports()
        .flatMap(transport -> Stream.of(cells).map(cell -> Arguments.of(transport, cell)));
  }

  @ParameterizedTest
  @MethodSource("streams")
  void streams_oneRequest_allocatesNoMore(Transport transport, Cell cell) {
    expectNoMore(transport, cell, EchoAllocationTest::echo);
  }

  @ParameterizedTest
  @MethodSource("streamsInto")
  void streamsInto_oneRequest_allocatesNoArray(Transport transport, Cell cell) {
    expectNoMore(transport, cell, EchoAllocationTest::echoInto);
  }

  private static void expectNoMore(Transport transport, Cell cell, ConnectionBody echo) {
    var allocator = new CountingAllocator();

    Count count =
        run(
            transport,
            () -> {
              var server =
                  Streams.startServer(
                      (reader, writer) -> {
                        var channel = (Channel) writer.getExtraInfo("channel");
                        channel.config().setAllocator(allocator);
                        echo.serve(reader, writer);
                      },
                      "127.0.0.1",
                      0);
              Count least = count(server.localAddress(), cell.size(), allocator);
              server.close();
              return least;
            });

    assertThat(count.bytes()).isLessThanOrEqualTo(cell.bytes());
    assertThat(count.buffers()).isLessThanOrEqualTo(cell.buffers());
  }

  private static void echoInto(StreamReader reader, StreamWriter writer) throws IOException {
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    while (reader.readInto(block.clear()) >= 0) {
      writer.write(block.array(), 0, block.position());
      writer.drain();
    }
  }

  private static void echo(StreamReader reader, StreamWriter writer) throws IOException {
    byte[] block = reader.read(BLOCK);
    while (block.length > 0) {
      writer.write(block);
      writer.drain();
      block = reader.read(BLOCK);
    }
  }

  @ParameterizedTest
  @MethodSource("channels")
  void channel_oneRequest_allocatesNoMore(Transport transport, Cell cell) {
    var allocator = new CountingAllocator();

    Count count =
        run(
            transport,
            () -> {
              Channel server = listen(transport, allocator);
              Count least =
                  count((InetSocketAddress) server.localAddress(), cell.size(), allocator);
              NettyFutures.await(Tasks.onLoopThread(() -> server.close()));
              return least;
            });

    assertThat(count.bytes()).isLessThanOrEqualTo(cell.bytes());
    assertThat(count.buffers()).isLessThanOrEqualTo(cell.buffers());
  }

  private static Channel listen(Transport transport, CountingAllocator allocator) throws Exception {
    IoEventLoop here = NettyLoop.eventLoop(Loop.running());
    var bootstrap =
        new ServerBootstrap()
            .group(here, here)
            .channel(transport.serverType())
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.config().setAllocator(allocator);
                    channel
                        .pipeline()
                        .addLast(CoroutineHandler.of(ByteBuf.class, EchoAllocationTest::echo));
                  }
                });
    ChannelFuture binding = Tasks.onLoopThread(() -> bootstrap.bind("127.0.0.1", 0));
    NettyFutures.await(binding);
    return binding.channel();
  }

  private static void echo(CoroutineChannel<ByteBuf> channel) throws IOException {
    for (ByteBuf block : channel) {
      channel.write(block);
      channel.drain();
    }
  }

  /// {@return the least that a request took}
  private static Count count(InetSocketAddress address, int size, CountingAllocator allocator) {
    return offLoop(() -> {
      try (var socket = new Socket(address.getAddress(), address.getPort())) {
        socket.setTcpNoDelay(true);
        byte[] message = new byte[size];
        byte[] answer = new byte[size];
        double bytes = Double.MAX_VALUE;
        double buffers = Double.MAX_VALUE;
        for (int i = 0; i < BATCHES; i++) {
          long bytesBefore = bytesOfOthers();
          int buffersBefore = allocator.buffers.get();
          for (int j = 0; j < REQUESTS; j++) {
            Arrays.fill(message, (byte) (i + j));
            socket.getOutputStream().write(message);
            assertThat(socket.getInputStream().readNBytes(answer, 0, size)).isEqualTo(size);
            assertThat(answer).isEqualTo(message);
          }
          bytes = Math.min(bytes, (double) (bytesOfOthers() - bytesBefore) / REQUESTS);
          buffers =
              Math.min(buffers, (double) (allocator.buffers.get() - buffersBefore) / REQUESTS);
        }
        return new Count(bytes, buffers);
      }
    });
  }

  private static long bytesOfOthers() {
    return THREADS.getTotalThreadAllocatedBytes() - THREADS.getCurrentThreadAllocatedBytes();
  }
}
