package io.loop.task;

import static io.loop.Asyncio.gather;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.testing.ManualLoop;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GatherEagerChildTest {

  @Test
  void gather_eagerBodySettlesAnEarlierChild_isDoneTwoTicksLater() {
    try (var manual = new ManualLoop()) {
      manual.run(() -> {
        Asyncio.setTaskFactory(TaskFactory.EAGER);
        var future = new LoopFuture<Integer>();
        Coro<Integer> settling =
            () -> {
              future.setResult(1);
              return 2;
            };

        LoopFuture<List<Integer>> all = gather(List.of(future, settling));

        assertThat(all.isDone()).isFalse();
        assertThat(all.await()).containsExactly(1, 2);
      });
    }
  }
}
