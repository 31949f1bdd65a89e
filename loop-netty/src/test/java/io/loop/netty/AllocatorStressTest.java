package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PoolArenaMetric;
import io.netty.buffer.PooledByteBufAllocator;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Coroutines, callbacks, handlers and other threads share the arena of a pooled allocator.
final class AllocatorStressTest extends OnNetty {

  private static final int LARGEST = 40_000; // some are larger than what a page or a run holds

  static Stream<LoopKind> kinds() {
    return LoopKind.all();
  }

  /// One arena of each kind, and no caches in front of them: all threads need their locks.
  private static PooledByteBufAllocator oneArena() {
    return new PooledByteBufAllocator(true, 1, 1, 8_192, 3, 0, 0, false);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void buffers_madeEverywhereAndReleasedElsewhere_areIntact(LoopKind kind) {
    PooledByteBufAllocator allocator = oneArena();
    BlockingQueue<ByteBuf> passedOn = new ArrayBlockingQueue<>(16);
    try (var stress = new Stress(LoopKind.count())) {
      kind.run(loops -> {
        for (int i = 0; i < 2; i++) {
          stress.thread(() -> passOn(allocator, passedOn));
        }
        for (int i = 0; i < 3; i++) {
          stress.coroutine(() -> {
            passOn(allocator, passedOn);
            ByteBuf kept = filled(allocator);
            Asyncio.sleep(Duration.ZERO);
            checkAndRelease(kept);
          });
        }
        stress.callback(() -> passOn(allocator, passedOn));
        stress.handler(kind, loops, () -> passOn(allocator, passedOn));
        stress.finish();
      });
    }
    passedOn.forEach(AllocatorStressTest::checkAndRelease);

    assertThat(allocator.metric().directArenas())
        .extracting(PoolArenaMetric::numActiveAllocations)
        .containsExactly(0L);
    assertThat(allocator.metric().heapArenas())
        .extracting(PoolArenaMetric::numActiveAllocations)
        .containsExactly(0L);
  }

  /// Makes a buffer, and releases one that may be another thread's.
  private static void passOn(PooledByteBufAllocator allocator, BlockingQueue<ByteBuf> passedOn) {
    ByteBuf made = filled(allocator);
    if (passedOn.offer(made)) {
      ByteBuf other = passedOn.poll();
      if (other != null) {
        checkAndRelease(other);
      }
    } else {
      checkAndRelease(made);
    }
  }

  private static ByteBuf filled(PooledByteBufAllocator allocator) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    int size = 8 + random.nextInt(random.nextInt(16) == 0 ? LARGEST : 512);
    ByteBuf buffer =
        random.nextBoolean() ? allocator.directBuffer(size) : allocator.heapBuffer(size);
    return buffer.writeInt(size).setInt(size - 4, size).writerIndex(size);
  }

  private static void checkAndRelease(ByteBuf buffer) {
    int size = buffer.writerIndex();
    assertThat(buffer.getInt(0)).isEqualTo(size);
    assertThat(buffer.getInt(size - 4)).isEqualTo(size);
    buffer.release();
  }
}
