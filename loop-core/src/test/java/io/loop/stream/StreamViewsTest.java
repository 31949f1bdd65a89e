package io.loop.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Readers and writers as blocking streams.
class StreamViewsTest {

  private static final Duration MILLISECOND = Duration.ofMillis(1);

  private final ManualLoop manual = new ManualLoop();
  private final StreamReader reader = new StreamReader(manual.loop(), 1_024);
  private final Sink sink = new Sink();
  private final StreamWriter writer = new StreamWriter(manual.loop(), sink, reader);

  /// Keeps what is written.
  private static final class Sink implements WriteTransport {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private boolean closed;

    @Override
    public void write(byte[] data, int offset, int length) {
      written.write(data, offset, length);
    }

    @Override
    public boolean canWriteEof() {
      return false;
    }

    @Override
    public void writeEof() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
      closed = true;
    }

    @Override
    public void abort() {
      closed = true;
    }

    @Override
    public boolean isClosing() {
      return closed;
    }

    @Override
    public @Nullable Object getExtraInfo(String name) {
      return null;
    }
  }

  @AfterEach
  void close() {
    manual.close();
  }

  private void feed(byte[] data) {
    reader.feedData(ByteBuffer.wrap(data));
  }

  private static byte[] zipped(String text) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(bytes)) {
      zip.write(text.getBytes(US_ASCII));
    }
    return bytes.toByteArray();
  }

  @Test
  void input_read_suspendsUntilSomethingComes() {
    manual.run(() -> {
      InputStream in = reader.asInputStream();
      Task<Integer> first = Asyncio.createTask(() -> in.read());
      Asyncio.sleep(MILLISECOND);
      assertThat(first.isDone()).isFalse();

      feed(new byte[] {(byte) 200, 1, 2});

      assertThat(first.await()).isEqualTo(200);
      assertThat(in.available()).isEqualTo(2);
      assertThat(in.read(new byte[10], 3, 7)).isEqualTo(2);
      assertThat(in.read(new byte[1], 0, 0)).isZero();
      reader.feedEof();
      assertThat(in.read()).isEqualTo(-1);
      assertThat(in.read(new byte[4])).isEqualTo(-1);
    });
  }

  @Test
  void input_unzips_bytesThatComeOneByOne() {
    manual.run(() -> {
      byte[] packed = zipped("hello, hello, hello");
      Task<?> feeder =
          Asyncio.createTask(() -> {
            for (byte one : packed) {
              feed(new byte[] {one});
              Asyncio.sleep(MILLISECOND);
            }
            reader.feedEof();
          });

      try (var zip = new GZIPInputStream(reader.asInputStream())) {
        assertThat(new String(zip.readAllBytes(), US_ASCII)).isEqualTo("hello, hello, hello");
      }
      feeder.await();
    });
  }

  @Test
  void input_scanner_readsNumbersAsTheyCome() {
    manual.run(() -> {
      Task<?> feeder =
          Asyncio.createTask(() -> {
            for (String part : List.of("1 2", "3 ", "4\n")) {
              feed(part.getBytes(US_ASCII));
              Asyncio.sleep(MILLISECOND);
            }
            reader.feedEof();
          });
      List<Integer> numbers = new ArrayList<>();
      var scanner = new Scanner(reader.asInputStream(), US_ASCII);
      while (scanner.hasNextInt()) {
        numbers.add(scanner.nextInt());
      }

      assertThat(numbers).containsExactly(1, 23, 4);
      feeder.await();
    });
  }

  @Test
  void input_cancelledRead_passesThroughTheCodeBetweenAndTakesNothing() {
    manual.run(() -> {
      Task<?> unzipping =
          Asyncio.createTask(() -> new GZIPInputStream(reader.asInputStream()).readAllBytes());
      Asyncio.sleep(MILLISECOND);

      unzipping.cancel();

      assertThatThrownBy(unzipping::await).isInstanceOf(CancelledError.class);
      assertThat(unzipping.isCancelled()).isTrue();
      feed(new byte[] {7});
      assertThat(reader.asInputStream().read()).isEqualTo(7);
    });
  }

  @Test
  void input_failureOfTheConnection_isThrown() {
    manual.run(() -> {
      reader.setException(new SocketException("Connection reset"));

      assertThatThrownBy(() -> reader.asInputStream().read()).isInstanceOf(SocketException.class);
    });
  }

  @Test
  void input_closed_refusesReadsAndLeavesTheReaderAlone() {
    manual.run(() -> {
      InputStream in = reader.asInputStream();
      feed(new byte[] {7});

      in.close();

      assertThatThrownBy(in::read).isInstanceOf(IOException.class).hasMessageContaining("closed");
      assertThat(reader.read(1)).containsExactly(7);
    });
  }

  @Test
  void input_resumesAPausedTransport() {
    List<String> calls = new ArrayList<>();
    reader.setTransport(
        new ReadTransport() {
          @Override
          public void pauseReading() {
            calls.add("pause");
          }

          @Override
          public void resumeReading() {
            calls.add("resume");
          }
        });
    manual.run(() -> {
      feed(new byte[2_049]);
      assertThat(reader.asInputStream().readNBytes(2_000)).hasSize(2_000);
    });

    assertThat(calls).containsExactly("pause", "resume");
  }

  @Test
  void output_writes_andWaitsWhileTheTransportIsFull() {
    manual.run(() -> {
      OutputStream out = writer.asOutputStream();
      out.write("ab".getBytes(US_ASCII));
      out.write('c');
      writer.pauseWriting();
      Task<?> blocked = Asyncio.createTask(() -> out.write('d'));
      Asyncio.sleep(MILLISECOND);
      assertThat(blocked.isDone()).isFalse();

      writer.resumeWriting();

      blocked.await();
      assertThat(sink.written.toString(US_ASCII)).isEqualTo("abcd");
    });
  }

  @Test
  void output_zips_andCloseLeavesTheConnectionOpen() {
    manual.run(() -> {
      try (var zip = new GZIPOutputStream(writer.asOutputStream())) {
        zip.write("hello".getBytes(US_ASCII));
      }

      assertThat(sink.closed).isFalse();
      feed(sink.written.toByteArray());
      var zip = new GZIPInputStream(reader.asInputStream());
      assertThat(zip.readNBytes(5)).isEqualTo("hello".getBytes(US_ASCII));
    });
  }

  @Test
  void output_closed_refusesWrites() {
    manual.run(() -> {
      OutputStream out = writer.asOutputStream();

      out.close();
      out.close();

      assertThatThrownBy(() -> out.write(1)).isInstanceOf(IOException.class);
      assertThatThrownBy(out::flush).isInstanceOf(IOException.class);
    });
  }

  @Test
  void output_cancelledInAWrite_isCancelled() {
    manual.run(() -> {
      writer.pauseWriting();
      Task<?> blocked = Asyncio.createTask(() -> writer.asOutputStream().write(1));
      Asyncio.sleep(MILLISECOND);

      blocked.cancel();

      assertThatThrownBy(blocked::await).isInstanceOf(CancelledError.class);
    });
  }

  @Test
  void output_lostConnection_isThrown() {
    manual.run(() -> {
      writer.connectionLost(null);

      assertThatThrownBy(() -> writer.asOutputStream().write(1))
          .isInstanceOf(SocketException.class);
    });
  }
}
