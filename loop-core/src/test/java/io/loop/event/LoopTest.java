package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.ManualLoop;
import org.junit.jupiter.api.Test;

class LoopTest {

  @Test
  void callSoon_afterASubmissionBeforeTheRun_comesSecond() {
    try (var manual = new ManualLoop()) {
      var order = new StringBuilder();
      manual.loop().callSoonThreadsafe(() -> order.append('a'));
      manual.loop().callSoon(() -> order.append('b'));

      manual.tick();

      assertThat(order).hasToString("ab");
    }
  }
}
