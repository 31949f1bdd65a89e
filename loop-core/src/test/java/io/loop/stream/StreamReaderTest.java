package io.loop.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What asyncio leaves open; the rest is in the recorded traces.
class StreamReaderTest {

  private static final int LIMIT = 4;

  private final ManualLoop loop = new ManualLoop();
  private final StreamReader reader = new StreamReader(loop.loop(), LIMIT);

  @AfterEach
  void close() {
    loop.close();
  }

  private void feed(String text) {
    reader.feedData(ByteBuffer.wrap(text.getBytes(US_ASCII)));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, US_ASCII);
  }

  @Test
  void read_whileAnotherWasWokenAndHasNotGoneOn_mayNotWait() {
    loop.run(() -> {
      Task<byte[]> first = Asyncio.createTask(() -> reader.read(10));
      Asyncio.sleep(Duration.ZERO);

      feed("data"); // wakes the first
      assertThat(text(reader.read(10))).isEqualTo("data");
      assertThatThrownBy(() -> reader.read(10))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("another coroutine is already waiting");
      assertThatThrownBy(reader::readLine).isInstanceOf(IllegalStateException.class);
      Asyncio.sleep(Duration.ZERO);

      assertThat(first.isDone()).isFalse(); // in asyncio it returns nothing, which means the end
      feed("more");
      assertThat(text(first.await())).isEqualTo("more");
    });
  }

  @Test
  void read_firstIsWokenAndCancelledInOneTick_theNextReaderHasItsOwnWaiter() {
    loop.run(() -> {
      Task<byte[]> first = Asyncio.createTask(() -> reader.read(10));
      Asyncio.sleep(Duration.ZERO);
      first.cancel();
      feed("data"); // nobody was woken by it
      assertThat(text(reader.read(10))).isEqualTo("data");
      Task<byte[]> second = Asyncio.createTask(() -> reader.read(10));
      assertThatThrownBy(first::await).isInstanceOf(CancelledError.class);
      Asyncio.sleep(Duration.ZERO);

      feed("more");

      assertThat(text(second.await())).isEqualTo("more");
    });
  }

  @Test
  void read_whileAnotherWaitsForMore_takesWhatIsThere() {
    loop.run(() -> {
      feed("ab");
      Task<byte[]> first = Asyncio.createTask(() -> reader.readExactly(4));
      Asyncio.sleep(Duration.ZERO);

      assertThat(text(reader.read(1))).isEqualTo("a"); // as in asyncio

      feed("cde");
      assertThat(text(first.await())).isEqualTo("bcde");
    });
  }

  @Test
  void readToTheEnd_cancelled_hasTakenNothing() {
    loop.run(() -> {
      Task<byte[]> all = Asyncio.createTask(() -> reader.read());
      for (String part : new String[] {"0123456789", "abc"}) {
        feed(part);
        Asyncio.sleep(Duration.ofMillis(1));
      }
      assertThat(reader.buffered()).isZero();

      all.cancel();
      assertThatThrownBy(all::await).isInstanceOf(CancelledError.class);

      assertThat(text(reader.readExactly(3))).isEqualTo("012");
      reader.feedEof();
      assertThat(text(reader.read())).isEqualTo("3456789abc");
    });
  }

  @Test
  void readToTheEnd_timesOut_pausesTheTransportThatIsAheadOfTheReader() {
    var transport = new Transport();
    reader.setTransport(transport);
    loop.run(() -> {
      feed("0123456789");
      assertThat(transport.paused).isTrue();

      assertThatThrownBy(() -> Asyncio.timeout(Duration.ofSeconds(1), scope -> reader.read()))
          .isInstanceOf(TimeoutException.class);

      assertThat(transport.paused).isTrue();
      assertThat(text(reader.read(10))).isEqualTo("0123456789");
      assertThat(transport.paused).isFalse();
    });
  }

  @Test
  void readToTheEnd_connectionFails_throwsThat() {
    loop.run(() -> {
      Task<byte[]> all = Asyncio.createTask(() -> reader.read());
      feed("01234");
      Asyncio.sleep(Duration.ofMillis(1));

      reader.setException(new IOException("reset"));

      assertThatThrownBy(all::await).isInstanceOf(IOException.class).hasMessage("reset");
    });
  }

  /// A peer that sends something and then resets the connection: both may arrive in one poll.
  @Test
  void read_bytesArriveThatAreNotEnoughAndThenAFailure_throwsTheFailure() {
    List<Reading> unfinished =
        List.of(
            StreamReader::read,
            StreamReader::readLine,
            failing -> failing.readUntil(new byte[] {'.'}),
            failing -> failing.readExactly(3));
    loop.run(() -> {
      for (Reading reading : unfinished) {
        var failing = new StreamReader(loop.loop(), LIMIT);
        Task<byte[]> waiting = Asyncio.createTask(() -> reading.from(failing));
        Asyncio.sleep(Duration.ZERO);

        failing.feedData(ByteBuffer.wrap(new byte[] {'a', 'b'})); // wakes it
        failing.setException(new IOException("reset"));

        assertThatThrownBy(() -> Asyncio.waitFor(waiting, Duration.ofSeconds(1)))
            .isInstanceOf(IOException.class)
            .hasMessage("reset");
      }
    });
  }

  private interface Reading {
    byte[] from(StreamReader reader) throws IOException;
  }

  @Test
  void feedEofWhenEmpty_somebodyWaits_isTold() {
    loop.run(() -> {
      Task<byte[]> line = Asyncio.createTask(() -> reader.readLine());
      Asyncio.sleep(Duration.ZERO);

      reader.feedEofWhenEmpty();

      assertThat(line.await()).isEmpty();
      assertThat(reader.atEof()).isTrue();
    });
  }

  @Test
  void feedEofWhenEmpty_messagesAreBuffered_theyComeFirst() {
    var transport = new Transport();
    reader.setTransport(transport);
    loop.run(() -> {
      feed("a\nb\n");

      reader.feedEofWhenEmpty();

      assertThat(transport.paused).isTrue();
      assertThat(text(reader.readLine())).isEqualTo("a\n");
      assertThat(text(reader.readLine())).isEqualTo("b\n");
      assertThat(transport.paused).isTrue();
      assertThat(reader.readLine()).isEmpty();
    });
  }

  @Test
  void feedEofWhenEmpty_aMessageHasBegun_itsRestIsFedAndNoMore() {
    var transport = new Transport();
    reader.setTransport(transport);
    loop.run(() -> {
      feed("01");
      Task<byte[]> message = Asyncio.createTask(() -> reader.readExactly(4));
      Asyncio.sleep(Duration.ZERO);

      reader.feedEofWhenEmpty();

      assertThat(transport.paused).isFalse();
      feed("2");
      Asyncio.sleep(Duration.ZERO);
      assertThat(transport.paused).isFalse();
      feed("3");
      assertThat(transport.paused).isTrue();
      assertThat(text(message.await())).isEqualTo("0123");
      assertThat(reader.read(1)).isEmpty();
    });
  }

  @Test
  void feedEofWhenEmpty_aReadToTheEndHasBegun_goesOnToTheRealEnd() {
    loop.run(() -> {
      Task<byte[]> all = Asyncio.createTask(() -> reader.read());
      feed("half");
      Asyncio.sleep(Duration.ofMillis(1));

      reader.feedEofWhenEmpty();
      Asyncio.sleep(Duration.ofMillis(1));
      assertThat(all.isDone()).isFalse();
      feed(" and half");
      reader.feedEof();

      assertThat(text(all.await())).isEqualTo("half and half");
    });
  }

  private static final class Transport implements ReadTransport {
    private boolean paused;

    @Override
    public void pauseReading() {
      paused = true;
    }

    @Override
    public void resumeReading() {
      paused = false;
    }
  }
}
