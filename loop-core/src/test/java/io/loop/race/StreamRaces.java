package io.loop.race;

import static io.loop.Asyncio.sleep;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.stream.StreamReader;
import io.loop.stream.StreamWriter;
import io.loop.stream.WriteTransport;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;

/// Races on streams: what was fed is what was read and what can be read, in order.
final class StreamRaces {

  private static final String TEXT = "ab\ncdef\ngh";
  private static final int LIMIT = 64;

  private StreamRaces() {}

  /// One way to read.
  @FunctionalInterface
  private interface Reading {
    byte[] read(StreamReader reader) throws IOException;
  }

  static Race read(ManualLoop manual, Random random) {
    int most = 1 + random.nextInt(TEXT.length() + 2);
    return reading(manual, random, reader -> reader.read(most));
  }

  static Race readLine(ManualLoop manual, Random random) {
    return reading(manual, random, StreamReader::readLine);
  }

  static Race readExactly(ManualLoop manual, Random random) {
    int count = 1 + random.nextInt(TEXT.length());
    return reading(manual, random, reader -> reader.readExactly(count));
  }

  /// The text comes in two parts, a tick apart: a read may have seen the first when it is
  /// cancelled.
  private static Race reading(ManualLoop manual, Random random, Reading way) {
    var reader = new StreamReader(manual.loop(), LIMIT);
    int split = random.nextInt(TEXT.length());
    return new Race() {
      private boolean allFed;

      @Override
      public Object await() throws IOException {
        return new String(way.read(reader), ISO_8859_1);
      }

      @Override
      public void complete() {
        feed(TEXT.substring(0, split));
        manual
            .loop()
            .callSoon(() -> {
              feed(TEXT.substring(split));
              reader.feedEof();
              allFed = true;
            });
      }

      private void feed(String part) {
        reader.feedData(ByteBuffer.wrap(part.getBytes(ISO_8859_1)));
      }

      @Override
      public void settle(Object value) throws IOException {
        sleep(Duration.ZERO);
        assertThat(allFed).isTrue();
        String got = value == null ? "" : (String) value;
        assertThat(got + new String(reader.read(), ISO_8859_1)).isEqualTo(TEXT);
        assertThat(reader.atEof()).isTrue();
      }
    };
  }

  /// A transport that keeps what it gets.
  private static final class Memory implements WriteTransport {
    private final StringBuilder text = new StringBuilder();

    @Override
    public void write(byte[] data, int offset, int length) {
      text.append(new String(data, offset, length, ISO_8859_1));
    }

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
    public Object getExtraInfo(String name) {
      return null;
    }
  }

  static Race drain(ManualLoop manual, Random random) {
    var memory = new Memory();
    var writer = new StreamWriter(manual.loop(), memory, null);
    writer.pauseWriting();
    return new Race() {
      private boolean wrote;

      @Override
      public Object await() throws IOException {
        wrote = true;
        writer.write(TEXT.getBytes(ISO_8859_1));
        writer.drain();
        return "drained";
      }

      @Override
      public void complete() {
        writer.resumeWriting();
      }

      @Override
      public void settle(Object value) throws IOException {
        writer.drain(); // does not wait
        writer.write("!".getBytes(ISO_8859_1));
        assertThat(memory.text).hasToString(wrote ? TEXT + "!" : "!");
      }
    };
  }

  static Race waitClosed(ManualLoop manual, Random random) {
    var writer = new StreamWriter(manual.loop(), new Memory(), null);
    return new Race() {
      @Override
      public Object await() throws IOException {
        writer.waitClosed();
        return "closed";
      }

      @Override
      public void complete() {
        writer.connectionLost(null);
      }

      @Override
      public void settle(Object value) throws IOException {
        writer.waitClosed(); // does not wait
      }
    };
  }
}
