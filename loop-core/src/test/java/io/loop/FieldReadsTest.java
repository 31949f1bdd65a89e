package io.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.FieldReads;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// A reference that another thread may write is read once, and then used.
final class FieldReadsTest {

  /// Written by other threads although not volatile.
  private static final Set<String> PLAIN = Set.of("Handle.callback", "Handle.context");

  /// The compiler copies a `finally` block, which reads it once.
  private static final Set<String> COPIED =
      Set.of("PortableCarrier.runThread PortableCarrier.ownersThread");

  /// Called on any thread.
  private static final Set<String> DESCRIPTIONS =
      Set.of(
          "toString",
          "describe",
          "detail",
          "isCurrentThread",
          "shortText",
          "state",
          "stateText",
          "summary",
          "text",
          "thread",
          "typeName");

  @Test
  void sharedReferences_areReadOnceInEachMethod() {
    Set<String> repeated = FieldReads.repeated(Asyncio.class, PLAIN);

    repeated.removeAll(COPIED);
    assertThat(repeated).isEmpty();
  }

  @Test
  void descriptions_readEachReferenceOnce() {
    assertThat(FieldReads.repeatedIn(Asyncio.class, DESCRIPTIONS)).isEmpty();
  }
}
