package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoopGroupTest extends OnNetty {

  private static final long LARGE_STACK = 128L << 20;

  /// More than a mebibyte has room for, however small the frames are; a tenth of [#LARGE_STACK],
  /// however large.
  private static final int DEPTH = 100_000;

  /// Far enough down that interpreted frames could not be suspended on a mebibyte. Their copy has
  /// to fit into half a region of G1, which is 512 KiB with a small heap.
  private static final int AWAITING_DEPTH = 4_000;

  private static int descend(int levels) {
    if (levels == 0) {
      return 0;
    }
    return 1 + descend(levels - 1);
  }

  private static int descendAndAwait(int levels) {
    if (levels == 0) {
      Asyncio.sleep(Duration.ZERO);
      return 0;
    }
    return 1 + descendAndAwait(levels - 1);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void stackBytes_many_letCallbacksAndCoroutinesRecurse(Transport transport) throws Exception {
    try (var group = new LoopGroup(1, transport, LARGE_STACK)) {
      Loop loop = group.loops().getFirst();
      var callback = new CompletableFuture<Integer>();

      loop.callSoonThreadsafe(() -> callback.complete(descend(DEPTH)));

      assertThat(callback.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isEqualTo(DEPTH);
      if (!Task.isPortable()) {
        assertThat(
                Asyncio.runCoroutineThreadsafe(() -> descendAndAwait(AWAITING_DEPTH), loop)
                    .get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
            .isEqualTo(AWAITING_DEPTH);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4})
  void next_calledAgainAndAgain_givesEachLoopInTurn(int size) {
    try (var group = new LoopGroup(size)) {
      List<Loop> taken = new ArrayList<>();

      for (int i = 0; i < 2 * size; i++) {
        taken.add(group.next());
      }

      assertThat(taken.subList(0, size)).containsExactlyInAnyOrderElementsOf(group.loops());
      assertThat(taken.subList(size, 2 * size)).isEqualTo(taken.subList(0, size));
    }
  }

  @Test
  void stackBytes_negative_areRefused() {
    Transport transport = Transport.best();

    assertThatThrownBy(() -> new LoopGroup(1, transport, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }
}
