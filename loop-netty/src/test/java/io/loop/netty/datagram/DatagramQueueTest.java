package io.loop.netty.datagram;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class DatagramQueueTest {

  @Test
  void fail_receiverThatItWakesIsCancelled_theNextOneIsTold() {
    try (var manual = new ManualLoop()) {
      var queue = new DatagramQueue(manual.loop(), DatagramOptions.DEFAULT);
      manual.run(() -> {
        Task<?> first = Asyncio.createTask(queue::take);
        Task<?> second = Asyncio.createTask(queue::take);
        Asyncio.sleep(Duration.ZERO);

        queue.fail(new IOException("refused"));
        first.cancel();

        assertThatThrownBy(first::await).isInstanceOf(CancelledError.class);
        assertThatThrownBy(second::await).isInstanceOf(IOException.class).hasMessage("refused");
      });
    }
  }
}
