package io.loop.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StreamWriterTest {

  /// A transport that keeps what it gets.
  private static final class Memory implements WriteTransport {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private boolean closing;
    private boolean halfClosable = true;
    private boolean ended;

    @Override
    public void write(byte[] data, int offset, int length) {
      bytes.write(data, offset, length);
    }

    @Override
    public void writeEof() {
      ended = true;
    }

    @Override
    public boolean canWriteEof() {
      return halfClosable;
    }

    @Override
    public void close() {
      closing = true;
    }

    @Override
    public void abort() {
      closing = true;
    }

    @Override
    public boolean isClosing() {
      return closing;
    }

    @Override
    public @Nullable Object getExtraInfo(String name) {
      return null;
    }
  }

  private final ManualLoop loop = new ManualLoop();
  private final Memory transport = new Memory();
  private final StreamReader reader = new StreamReader(loop.loop(), 64);
  private final StreamWriter writer = new StreamWriter(loop.loop(), transport, reader);

  @AfterEach
  void close() {
    loop.close();
  }

  @Test
  void drain_notPaused_doesNotSuspend() {
    loop.run(() -> {
      boolean[] other = {false};
      loop.loop().callSoon(() -> other[0] = true);
      writer.write(new byte[] {1});

      writer.drain();

      assertThat(other[0]).isFalse();
    });
  }

  @Test
  void drain_paused_waitsForResumeAndServesAllInOrder() {
    loop.run(() -> {
      var order = new StringBuilder();
      writer.pauseWriting();
      for (String name : List.of("a", "b")) {
        Asyncio.createTask(() -> {
          writer.drain();
          order.append(name);
        });
      }
      Asyncio.sleep(Duration.ofSeconds(1));
      assertThat(order).isEmpty();

      writer.resumeWriting();
      Asyncio.sleep(Duration.ofSeconds(1));

      assertThat(order).hasToString("ab");
    });
  }

  @Test
  void drain_connectionLostWithACause_throwsIt() {
    var cause = new IOException("reset");
    loop.run(() -> {
      writer.pauseWriting();
      Task<?> waiting = Asyncio.createTask(writer::drain);
      Asyncio.sleep(Duration.ZERO);

      writer.connectionLost(cause);

      assertThatThrownBy(waiting::await).isSameAs(cause);
    });
  }

  @Test
  void drain_afterTheLoss_saysConnectionLost() {
    loop.run(() -> {
      writer.connectionLost(null);

      assertThatThrownBy(writer::drain)
          .isInstanceOf(SocketException.class)
          .hasMessage("Connection lost");
    });
  }

  @Test
  void drain_readerFailed_throwsTheReadersFailureFirst() {
    var cause = new IOException("reset");
    loop.run(() -> {
      reader.setException(cause);

      assertThatThrownBy(writer::drain).isSameAs(cause);
    });
  }

  @Test
  void drain_cancelled_leavesNoWaiterBehind() {
    loop.run(() -> {
      writer.pauseWriting();
      Task<?> waiting = Asyncio.createTask(writer::drain);
      Asyncio.sleep(Duration.ZERO);
      waiting.cancel();
      Asyncio.sleep(Duration.ZERO);

      writer.resumeWriting();

      assertThat(waiting.isCancelled()).isTrue();
    });
  }

  @Test
  void waitClosed_waitsForTheLossAndThrowsItsCause() {
    var cause = new IOException("reset");
    loop.run(() -> {
      Task<?> waiting = Asyncio.createTask(writer::waitClosed);
      Asyncio.sleep(Duration.ZERO);
      assertThat(waiting.isDone()).isFalse();

      writer.connectionLost(cause);

      assertThatThrownBy(waiting::await).isSameAs(cause);
      assertThatThrownBy(writer::waitClosed).isSameAs(cause);
    });
  }

  @Test
  void write_afterTheLoss_doesNothing() {
    writer.connectionLost(null);

    writer.write(new byte[] {1});

    assertThat(transport.bytes.size()).isZero();
  }

  @Test
  void writeEof_withoutHalfClose_isRefused() {
    transport.halfClosable = false;

    assertThatThrownBy(writer::writeEof).isInstanceOf(UnsupportedOperationException.class);
    assertThat(transport.ended).isFalse();
  }

  @Test
  void write_badRange_isRefusedBeforeAnythingIsTaken() {
    assertThatThrownBy(() -> writer.write(new byte[3], 2, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(transport.bytes.size()).isZero();
  }
}
