package io.loop.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.task.Tasks;
import io.loop.testing.ManualLoop;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A blocking stream as a reader.
class StreamAsReaderTest {

  private static final Duration MILLISECOND = Duration.ofMillis(1);

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void reader_ofAStream_hasItsLines() {
    manual.setPatience(Duration.ofSeconds(30));
    manual.run(() -> {
      var lines = StreamReader.of(new ByteArrayInputStream("one\ntwo\nlast".getBytes(US_ASCII)));

      List<String> read = new ArrayList<>();
      for (byte[] line : lines) {
        read.add(new String(line, US_ASCII).strip());
      }

      assertThat(read).containsExactly("one", "two", "last");
      assertThat(lines.atEof()).isTrue();
    });
  }

  @Test
  void reader_ofAStream_readsOnAnotherThreadAndOnlyWhenAsked() {
    manual.setPatience(Duration.ofSeconds(30));
    var thread = new AtomicReference<@Nullable Thread>();
    var in =
        new InputStream() {
          private int next;

          @Override
          public int read() {
            thread.set(Thread.currentThread());
            return next++;
          }

          @Override
          public int read(byte[] target, int offset, int length) {
            target[offset] = (byte) read();
            return 1;
          }
        };
    manual.run(() -> {
      var bytes = StreamReader.of(in);
      Asyncio.sleep(MILLISECOND);
      assertThat(thread.get()).isNull();

      assertThat(bytes.readExactly(3)).containsExactly(0, 1, 2);

      Tasks.shutdownDefaultExecutor(manual.loop(), null);
      assertThat(in.next).isEqualTo(3);
      assertThat(thread.get()).isNotNull().isNotSameAs(Thread.currentThread());
      assertThatThrownBy(() -> bytes.read(1)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> bytes.read(1)).isInstanceOf(IllegalStateException.class);
    });
  }

  @Test
  void reader_ofAStream_cancelledRead_losesNothing() throws IOException {
    manual.setPatience(Duration.ofSeconds(30));
    var out = new PipedOutputStream();
    var in = new PipedInputStream(out);
    manual.run(() -> {
      var pipe = StreamReader.of(in);
      Task<byte[]> first = Asyncio.createTask(() -> pipe.read(10));
      Asyncio.sleep(Duration.ZERO);
      first.cancel();
      assertThatThrownBy(first::await).isInstanceOf(CancelledError.class);

      out.write("late".getBytes(US_ASCII));
      out.flush();

      assertThat(pipe.read(10)).isEqualTo("late".getBytes(US_ASCII));
      out.close();
      assertThat(pipe.read()).isEmpty();
    });
  }

  @Test
  void reader_ofAStreamThatGivesNothing_waitsForAByte() {
    manual.setPatience(Duration.ofSeconds(30));
    var in =
        new InputStream() {
          private int next;

          @Override
          public int read() {
            return next < 3 ? next++ : -1;
          }

          @Override
          public int read(byte[] target, int offset, int length) {
            return 0;
          }
        };
    manual.run(() -> assertThat(StreamReader.of(in).read()).containsExactly(0, 1, 2));
  }

  @Test
  void reader_ofAStream_throwsWhatTheStreamThrows() {
    manual.setPatience(Duration.ofSeconds(30));
    manual.run(() -> {
      var broken =
          StreamReader.of(
              new InputStream() {
                @Override
                public int read() throws IOException {
                  throw new IOException("broken");
                }

                @Override
                public int read(byte[] target, int offset, int length) throws IOException {
                  throw new IOException("broken");
                }
              });

      assertThatThrownBy(broken::readLine).isInstanceOf(IOException.class).hasMessage("broken");
      assertThatThrownBy(broken::read).isInstanceOf(IOException.class).hasMessage("broken");
    });
  }
}
