package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.FieldReads;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// A reference that another thread may write is read once, and then used.
final class FieldReadsTest {

  @Test
  void sharedReferences_areReadOnceInEachMethod() {
    assertThat(FieldReads.repeated(NettyLoop.class, Set.of())).isEmpty();
  }

  @Test
  void descriptions_readEachReferenceOnce() {
    Set<String> descriptions = Set.of("toString", "describe", "text", "summary");

    assertThat(FieldReads.repeatedIn(NettyLoop.class, descriptions)).isEmpty();
  }
}
