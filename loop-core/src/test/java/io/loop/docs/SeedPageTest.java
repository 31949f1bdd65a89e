package io.loop.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SeedPageTest {

  private final List<List<String>> rows =
      Page.of("seed.md").rows("in the seed", "here", "shown by", "since then");

  private final TestNames tests = TestNames.of("loop-core");

  @Test
  void everyRow_namesATest() {
    assertThat(rows).hasSizeGreaterThan(15);
    assertThat(rows).allMatch(row -> !Page.spans(row.get(2)).isEmpty());
  }

  @Test
  void everyTestNamed_exists() {
    List<String> named = rows.stream().flatMap(row -> Page.spans(row.get(2)).stream()).toList();

    assertThat(tests.unknown(named)).isEmpty();
  }

  @Test
  void isTest_helperOrUnknownMethod_isNone() {
    assertThat(tests.isTest("SeedTest.close")).isFalse();
    assertThat(tests.isTest("SeedTest.nothing_likeThis_exists")).isFalse();
    assertThat(tests.isTest("NoSuchTest.close")).isFalse();
  }
}
