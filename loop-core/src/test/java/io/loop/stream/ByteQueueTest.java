package io.loop.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteQueueTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void bytes_addedAndTakenAtRandom_comeOutInOrder(long seed) {
    var random = new Random(seed);
    var queue = new ByteQueue();
    var in = new ByteArrayOutputStream();
    var out = new ByteArrayOutputStream();

    for (int i = 0; i < 2_000; i++) {
      if (random.nextBoolean()) {
        byte[] data = new byte[random.nextInt(200)];
        random.nextBytes(data);
        in.writeBytes(data);
        queue.add(ByteBuffer.wrap(data));
      } else if (queue.size() > 0) {
        out.writeBytes(queue.take(random.nextInt(queue.size()) + 1));
      }
    }
    if (queue.size() > 0) {
      out.writeBytes(queue.take(queue.size()));
    }

    assertThat(out.toByteArray()).as("seed " + seed).isEqualTo(in.toByteArray());
  }

  @Test
  void indexOf_patternAcrossTwoAdds_isFound() {
    var queue = new ByteQueue();
    queue.add(ByteBuffer.wrap(new byte[] {9, 1}));
    queue.add(ByteBuffer.wrap(new byte[] {2, 9}));

    assertThat(queue.indexOf(new byte[] {1, 2}, 0)).isEqualTo(1);
    assertThat(queue.indexOf(new byte[] {1, 2}, 2)).isEqualTo(-1);
  }

  @Test
  void indexOf_afterSkip_countsFromTheNewFront() {
    var queue = new ByteQueue();
    queue.add(ByteBuffer.wrap(new byte[] {1, 2, 3}));

    queue.skip(1);

    assertThat(queue.indexOf(new byte[] {3}, 0)).isEqualTo(1);
  }

  @Test
  void addFirst_bytesTakenBefore_areTheFirstAgain() {
    var queue = new ByteQueue();
    queue.add(ByteBuffer.wrap(new byte[] {1, 2, 3}));

    queue.addFirst(queue.take(2));

    assertThat(queue.take(3)).containsExactly(1, 2, 3);
  }

  @Test
  void grown_beyondAGibibyte_isMoreThanIsNeeded() {
    int gibibyte = 1 << 30;

    assertThat(ByteQueue.grown(100, 101)).isEqualTo(200);
    assertThat(ByteQueue.grown(gibibyte, gibibyte + 1)).isEqualTo(Integer.MAX_VALUE - 8);
    assertThat(ByteQueue.grown(gibibyte, Integer.MAX_VALUE)).isEqualTo(Integer.MAX_VALUE);
  }
}
