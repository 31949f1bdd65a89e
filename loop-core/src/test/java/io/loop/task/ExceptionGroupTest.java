package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ExceptionGroupTest {

  private final IOException gone = new IOException("gone");
  private final IllegalStateException bad = new IllegalStateException("bad");
  private final CancelledError cancelled = new CancelledError();

  @Test
  void exceptions_areTheMembersInOrderAndSuppressed() {
    var group = new ExceptionGroup("several", List.of(gone, bad));

    assertThat(group.exceptions()).containsExactly(gone, bad);
    assertThat(group.getSuppressed()).containsExactly(gone, bad);
  }

  @Test
  void message_countsTheMembers() {
    assertThat(new ExceptionGroup("one", List.of(gone))).hasMessage("one (1 sub-exception)");
    assertThat(new ExceptionGroup("two", List.of(gone, bad))).hasMessage("two (2 sub-exceptions)");
  }

  @Test
  void withoutMembers_isRefused() {
    assertThatThrownBy(() -> new ExceptionGroup("none", List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void subgroup_someMatch_keepsThemAndTheNesting() {
    var inner = new ExceptionGroup("inner", List.of(gone, cancelled));
    var group = new ExceptionGroup("outer", List.of(bad, inner));

    ExceptionGroup part = group.subgroup(IOException.class::isInstance);

    assertThat(part).hasMessage("outer (1 sub-exception)");
    assertThat(part.exceptions())
        .singleElement()
        .isInstanceOfSatisfying(
            ExceptionGroup.class,
            nested -> {
              assertThat(nested).hasMessage("inner (1 sub-exception)");
              assertThat(nested.exceptions()).containsExactly(gone);
            });
  }

  @Test
  void subgroup_theWholeMatches_isTheGroupItself() {
    var group = new ExceptionGroup("outer", List.of(gone));

    assertThat(group.subgroup(ExceptionGroup.class::isInstance)).isSameAs(group);
  }

  @Test
  void subgroup_noneMatches_isNull() {
    var group = new ExceptionGroup("outer", List.of(gone));

    assertThat(group.subgroup(Error.class::isInstance)).isNull();
  }
}
