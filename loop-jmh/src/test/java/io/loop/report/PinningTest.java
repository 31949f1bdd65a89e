package io.loop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PinningTest {

  @Test
  void processors_rangesAndNumbers_areAllListed() {
    assertThat(Pinning.processors("0")).containsExactly(0);
    assertThat(Pinning.processors("2-4,8,10-11")).containsExactly(2, 3, 4, 8, 10, 11);
  }

  @Test
  void of_oneProcessor_pinsNothingAndSaysWhy() {
    Pinning pinning = Pinning.of(List.of(3), "taskset");

    assertThat(pinning.ofServer()).isEmpty();
    assertThat(pinning.ofClient()).isEmpty();
    assertThat(pinning.describe()).contains("not pinned", "only one processor");
  }

  @Test
  void of_noTaskset_pinsNothingAndSaysWhy() {
    Pinning pinning = Pinning.of(List.of(0, 1), "no-such-program");

    assertThat(pinning.ofServer()).isEmpty();
    assertThat(pinning.describe()).contains("not pinned", "no-such-program cannot be started");
  }

  @Test
  void of_programThatFails_pinsNothingAndSaysWhy() {
    Pinning pinning = Pinning.of(List.of(0, 1), "false");

    assertThat(pinning.ofServer()).isEmpty();
    assertThat(pinning.describe()).contains("not pinned", "false -c 0 true failed with 1");
  }

  @Test
  void of_programThatWorks_givesEachSideItsProcessor() {
    Pinning pinning = Pinning.of(List.of(2, 5, 6), "true");

    assertThat(pinning.ofServer()).endsWith("-c", "2");
    assertThat(pinning.ofClient()).endsWith("-c", "5");
    assertThat(pinning.describe()).isEqualTo("servers are pinned to processor 2, clients to 5");
  }
}
