package io.loop.netty.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.ExceptionContext;
import io.loop.netty.OnNetty;
import io.loop.netty.Pipelines;
import io.loop.netty.transport.Transport;
import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.stream.WriteTransport;
import io.loop.sync.Event;
import io.loop.testing.ManualLoop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Streams read and written as Netty's buffers.
class BufferStreamsTest extends OnNetty {

  private static final String LOCAL = "127.0.0.1";
  private static final int LARGE = 3 << 20;

  private static void echo(StreamReader reader, StreamWriter writer) throws IOException {
    for (ByteBuf block; (block = Streams.read(reader, 100_000)) != null; ) {
      Streams.write(writer, block);
      writer.drain();
    }
  }

  private static byte[] bytesOf(ByteBuf buffer) {
    try {
      return ByteBufUtil.getBytes(buffer);
    } finally {
      buffer.release();
    }
  }

  private static ByteBuf buffer(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  private static byte[] roundTrip(Socket client, byte[] data) throws Exception {
    Thread sending =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                client.getOutputStream().write(data);
                client.shutdownOutput();
              } catch (IOException lost) {
                throw new UncheckedIOException(lost);
              }
            });
    byte[] answer = client.getInputStream().readAllBytes();
    sending.join();
    return answer;
  }

  @ParameterizedTest
  @MethodSource("transports")
  void readAndWrite_megabytes_comeBackWhole(Transport transport) {
    byte[] data = Pipelines.randomBytes(LARGE);
    run(
        transport,
        () -> {
          Server server = Streams.startServer(BufferStreamsTest::echo, LOCAL, 0);
          try (Socket client = connect(server)) {
            assertThat(offLoop(() -> roundTrip(client, data))).isEqualTo(data);
          }
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void readAndWrite_everyWayAtRandom_keepsTheOrder(Transport transport) {
    byte[] data = Pipelines.randomBytes(LARGE);
    run(
        transport,
        () -> {
          Server server = Streams.startServer(BufferStreamsTest::echoAtRandom, LOCAL, 0);
          try (Socket client = connect(server)) {
            assertThat(offLoop(() -> roundTrip(client, data))).isEqualTo(data);
          }
          TlsTest.end(server);
        });
  }

  private static void echoAtRandom(StreamReader reader, StreamWriter writer) throws IOException {
    var random = new Random(7);
    while (true) {
      int most = random.nextInt(1, 70_000);
      byte[] got;
      if (random.nextBoolean()) {
        got = reader.read(most);
      } else {
        ByteBuf block = Streams.read(reader, most);
        got = block == null ? new byte[0] : bytesOf(block);
      }
      if (got.length == 0) {
        return;
      }
      writeAtRandom(writer, got, random);
      if (random.nextInt(4) == 0) {
        writer.drain();
      }
    }
  }

  private static void writeAtRandom(StreamWriter writer, byte[] data, Random random) {
    for (int sent = 0; sent < data.length; ) {
      int length = Math.min(data.length - sent, random.nextInt(1, 1 << random.nextInt(1, 18)));
      if (random.nextBoolean()) {
        writer.write(data, sent, length);
      } else {
        Streams.write(writer, Unpooled.copiedBuffer(data, sent, length));
      }
      sent += length;
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void write_aCompositeLargerThanAChunk_isSentWhole(Transport transport) {
    byte[] data = Pipelines.randomBytes(300_000);
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    CompositeByteBuf parts = ByteBufAllocator.DEFAULT.compositeBuffer();
                    parts.addComponent(true, Unpooled.wrappedBuffer(data, 0, 100));
                    parts.addComponent(true, Unpooled.copiedBuffer(data, 100, data.length - 100));
                    writer.write(new byte[0]);
                    Streams.write(writer, parts);
                    Streams.write(writer, Unpooled.EMPTY_BUFFER);
                  },
                  LOCAL,
                  0);
          try (Socket client = connect(server)) {
            assertThat(offLoop(() -> client.getInputStream().readAllBytes())).isEqualTo(data);
          }
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void write_afterTheEndOrWhileItIsRefused_releasesTheBuffer(Transport transport) {
    run(
        transport,
        () -> {
          List<ByteBuf> given = new ArrayList<>();
          var done = new Event();
          Server server =
              Streams.startServer(
                  (_, writer) -> {
                    writer.writeEof();
                    ByteBuf afterEof = buffer("x");
                    given.add(afterEof);
                    assertThatThrownBy(() -> Streams.write(writer, afterEof))
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("Cannot write after writeEof()");
                    done.set();
                  },
                  LOCAL,
                  0);
          StreamConnection client = Streams.openConnection(LOCAL, server.localAddress().getPort());
          done.await();
          client.close();
          ByteBuf afterClose = buffer("y");
          given.add(afterClose);
          Streams.write(client.writer(), afterClose);

          assertThat(given).allMatch(each -> each.refCnt() == 0);
          TlsTest.end(server);
        });
  }

  @Test
  void write_toAWriterOfAnotherKind_isRefusedAndReleasesTheBuffer() {
    var manual = new ManualLoop();
    manual.run(() -> {
      ByteBuf data = buffer("x");
      var other = new StreamWriter(manual.loop(), new Nowhere(), null);

      assertThatThrownBy(() -> Streams.write(other, data))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("not the writer of a connection on Netty");
      assertThat(data.refCnt()).isZero();
    });
  }

  private static final class Nowhere implements WriteTransport {
    @Override
    public void write(byte[] data, int offset, int length) {}

    @Override
    public void writeEof() {}

    @Override
    public boolean canWriteEof() {
      return false;
    }

    @Override
    public void close() {}

    @Override
    public void abort() {}

    @Override
    public boolean isClosing() {
      return false;
    }

    @Override
    public @Nullable Object getExtraInfo(String name) {
      return null;
    }
  }

  /// Whatever the body leaves: nothing of Netty's stays behind, see [OnNetty#noBufferIsLeft].
  @ParameterizedTest
  @MethodSource("transports")
  void body_thatLeavesBytesUnread_leavesNoBuffer(Transport transport) {
    run(
        transport,
        () -> {
          Server server =
              Streams.startServer(
                  (reader, writer) -> {
                    ByteBuf first = Streams.read(reader, 1);
                    assertThat(first).isNotNull();
                    first.release();
                    writer.write(new byte[] {'!'});
                    writer.drain();
                    polls(5); // more arrives, and is not read
                  },
                  LOCAL,
                  0);
          for (int i = 0; i < 5; i++) {
            try (Socket client = connect(server)) {
              client.getOutputStream().write(new byte[10_000]);
              int _ = offLoop(() -> client.getInputStream().read());
              client.getOutputStream().write(new byte[40_000]);
            }
          }
          TlsTest.end(server);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void abort_withPendingBuffersAndChunks_releasesThem(Transport transport) {
    run(
        transport,
        () -> {
          var goOn = new Event();
          Server server = Streams.startServer((_, _) -> goOn.await(), LOCAL, 0);
          StreamConnection client = Streams.openConnection(LOCAL, server.localAddress().getPort());
          ByteBuf data = buffer("z");
          for (int i = 0; i < 3; i++) {
            client.writer().write(new byte[2_000]); // from the second round on into a chunk
            client.writer().drain();
            polls(2);
          }
          client.writer().write(new byte[2_000]);
          Streams.write(client.writer(), data);
          client.writer().write(new byte[20]);
          client.writer().abort();
          client.writer().waitClosed();

          assertThat(data.refCnt()).isZero();
          goOn.set();
          TlsTest.end(server);
        });
  }

  /// A fault of the program must not keep the connection open, or the other buffers.
  @ParameterizedTest
  @MethodSource("transports")
  void abort_withABufferThatWasReleasedOnceTooOften_closesAndReleasesTheOthers(
      Transport transport) {
    run(
        transport,
        () -> {
          List<ExceptionContext> reports = Pipelines.reports();
          var goOn = new Event();
          Server server = Streams.startServer((_, _) -> goOn.await(), LOCAL, 0);
          StreamConnection client = Streams.openConnection(LOCAL, server.localAddress().getPort());
          ByteBuf gone = buffer("gone");
          ByteBuf other = buffer("other");
          Streams.write(client.writer(), gone);
          Streams.write(client.writer(), other);
          gone.release();
          client.writer().abort();
          client.writer().waitClosed();

          assertThat(other.refCnt()).isZero();
          assertThat(reports)
              .extracting(ExceptionContext::message)
              .containsExactly("Exception while writing to a connection");
          goOn.set();
          TlsTest.end(server);
        });
  }
}
