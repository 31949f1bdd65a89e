package io.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.task.Task;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// A read of a FIFO holds up the thread that makes it, a virtual one with its carrier.
@EnabledOnOs(OS.LINUX)
@Tag("slow")
final class FifoTest {

  /// The text is written only after the loop has gone on, so a loop that is held up never ends.
  @Test
  void toThread_readOfAFifo_leavesTheLoopFree(@TempDir Path folder) throws Exception {
    Path fifo = folder.resolve("fifo");
    Process mkfifo = new ProcessBuilder("mkfifo", fifo.toString()).start();
    assertThat(mkfifo.waitFor(30, TimeUnit.SECONDS)).isTrue();

    String read =
        Asyncio.run(() -> {
          Task<String> reading =
              Asyncio.createTask(() -> Asyncio.toThread(() -> Files.readString(fifo)));
          for (int tick = 0; tick < 100; tick++) {
            Asyncio.sleep(Duration.ZERO);
          }
          assertThat(reading.isDone()).isFalse();
          Asyncio.toThread(() -> Files.writeString(fifo, "text"));
          return reading.await();
        });

    assertThat(read).isEqualTo("text");
  }
}
