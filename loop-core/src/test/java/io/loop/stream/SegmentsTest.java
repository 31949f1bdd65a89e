package io.loop.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.testing.ManualLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Bytes that a transport lends to a reader.
class SegmentsTest {

  private final ManualLoop manual = new ManualLoop();
  private final StreamReader reader = new StreamReader(manual.loop(), 1_000);
  private int lent;

  /// A segment of a transport that counts what is not given back.
  private final class Lent implements Segment {
    private byte[] bytes;
    private boolean released;
    private boolean isArrayAllowed = true;

    Lent(byte[] bytes) {
      this.bytes = bytes;
      lent++;
    }

    @Override
    public int length() {
      return bytes.length;
    }

    @Override
    public void copyTo(byte[] target, int offset) {
      assertThat(released).isFalse();
      assertThat(isArrayAllowed).isTrue();
      System.arraycopy(bytes, 0, target, offset, bytes.length);
    }

    @Override
    public int moveTo(ByteBuffer target) {
      assertThat(released).isFalse();
      int count = Math.min(bytes.length, target.remaining());
      target.put(bytes, 0, count);
      bytes = Arrays.copyOfRange(bytes, count, bytes.length);
      return count;
    }

    @Override
    public Segment split(int count) {
      var first = new Lent(Arrays.copyOf(bytes, count));
      bytes = Arrays.copyOfRange(bytes, count, bytes.length);
      return first;
    }

    @Override
    public void release() {
      assertThat(released).isFalse();
      released = true;
      lent--;
    }
  }

  private Lent lent(String text) {
    return new Lent(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static byte[] bytesOf(Segment segment) {
    var bytes = new byte[segment.length()];
    segment.copyTo(bytes, 0);
    segment.release();
    return bytes;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void bytes_fedAndTakenInEveryWayAtRandom_comeOutInOrderAndAllIsGivenBack(long seed)
      throws IOException {
    var random = new Random(seed);
    var in = new ByteArrayOutputStream();
    var out = new ByteArrayOutputStream();

    manual.run(() -> {
      for (int i = 0; i < 3_000; i++) {
        if (random.nextBoolean()) {
          feed(random, in);
        } else if (reader.buffered() > 0) {
          out.writeBytes(take(random));
        }
      }
      reader.feedEof();
      out.writeBytes(reader.read());
    });

    assertThat(out.toByteArray()).as("seed " + seed).isEqualTo(in.toByteArray());
    assertThat(lent).isZero();
  }

  private void feed(Random random, ByteArrayOutputStream in) {
    var data = new byte[random.nextInt(200) + 1];
    random.nextBytes(data);
    in.writeBytes(data);
    if (random.nextInt(3) > 0) {
      reader.feedSegment(new Lent(data));
    } else {
      reader.feedData(ByteBuffer.wrap(data));
    }
  }

  private byte[] take(Random random) throws IOException {
    int most = random.nextInt(300) + 1;
    return switch (random.nextInt(4)) {
      case 0 -> reader.read(most);
      case 1 -> reader.readExactly(Math.min(most, reader.buffered()));
      case 2 -> {
        ByteBuffer block = ByteBuffer.allocate(most);
        int count = reader.readInto(block);
        assertThat(count).isEqualTo(block.position());
        yield Arrays.copyOf(block.array(), count);
      }
      default -> {
        Segment taken = Objects.requireNonNull(reader.readSegment(most));
        assertThat(taken.length()).isBetween(1, most);
        yield bytesOf(taken);
      }
    };
  }

  @Test
  void readSegment_whatWasLent_isTheSameObject() {
    manual.run(() -> {
      Lent given = lent("abc");
      reader.feedSegment(given);

      assertThat(reader.readSegment(10)).isSameAs(given);
    });
  }

  @Test
  void readInto_ofASegment_movesItsBytesWithoutAnArrayBetween() {
    manual.run(() -> {
      Lent given = lent("abcde");
      given.isArrayAllowed = false;
      reader.feedSegment(given);
      ByteBuffer block = ByteBuffer.allocate(3);

      assertThat(reader.readInto(block)).isEqualTo(3);
      assertThat(reader.buffered()).isEqualTo(2);
      assertThat(reader.readInto(block.clear())).isEqualTo(2);

      assertThat(block.array()).asString(StandardCharsets.US_ASCII).isEqualTo("dec");
      assertThat(lent).isZero();
    });
  }

  @Test
  void readInto_aReadOnlyBuffer_isRefusedAndTakesNothing() {
    manual.run(() -> {
      reader.feedSegment(lent("abc"));
      ByteBuffer block = ByteBuffer.allocate(5).asReadOnlyBuffer();

      assertThatThrownBy(() -> reader.readInto(block)).isInstanceOf(ReadOnlyBufferException.class);

      assertThat(block.remaining()).isEqualTo(5);
      assertThat(reader.read(5)).asString(StandardCharsets.US_ASCII).isEqualTo("abc");
    });
  }

  @Test
  void readLine_acrossSegments_copiesThemAndGivesThemBack() {
    manual.run(() -> {
      reader.feedSegment(lent("ab"));
      reader.feedSegment(lent("c\nd"));

      assertThat(reader.readLine()).asString().isEqualTo("abc\n");
      assertThat(lent).isZero();
      assertThat(bytesOf(Objects.requireNonNull(reader.readSegment(10)))).asString().isEqualTo("d");
    });
  }

  @Test
  void readSegment_atTheEnd_isNull() {
    manual.run(() -> {
      reader.feedEof();

      assertThat(reader.readSegment(1)).isNull();
      assertThat(reader.readInto(ByteBuffer.allocate(1))).isEqualTo(-1);
      assertThat(reader.readInto(ByteBuffer.allocate(0))).isZero();
      assertThatThrownBy(() -> reader.readSegment(0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the number of bytes must be at least 1, not 0");
    });
  }

  @Test
  void feedSegment_afterTheEnd_isRefusedAndGivenBack() {
    manual.run(() -> {
      reader.feedEof();

      assertThatThrownBy(() -> reader.feedSegment(lent("x")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("feedSegment after feedEof");
      assertThat(lent).isZero();
    });
  }

  @Test
  void keepSegments_theTransportGoes_whatItLentCanStillBeRead() {
    manual.run(() -> {
      reader.feedSegment(lent("abc"));
      reader.feedEof();
      reader.keepSegments();

      assertThat(lent).isZero();
      assertThat(reader.read()).asString().isEqualTo("abc");
    });
  }

  @Test
  void keepSegments_afterAFailure_givesBackWhatNobodyCanRead() {
    manual.run(() -> {
      reader.feedSegment(lent("abc"));
      reader.setException(new IOException("lost"));
      reader.keepSegments();

      assertThat(lent).isZero();
      assertThatThrownBy(() -> reader.readSegment(1)).hasMessage("lost");
    });
  }
}
