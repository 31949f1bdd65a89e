package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.Stream;
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

  @Test
  void split_givesBothParts_withTheNesting() {
    var inner = new ExceptionGroup("inner", List.of(gone, cancelled));
    var group = new ExceptionGroup("outer", List.of(bad, inner));
    group.initCause(gone);

    ExceptionGroup.Split parts = group.split(IOException.class);

    assertThat(leaves(parts.matching())).containsExactly(gone);
    assertThat(leaves(parts.rest())).containsExactly(bad, cancelled);
    assertThat(parts.rest()).hasMessage("outer (2 sub-exceptions)").hasCause(gone);
    assertThat(parts.matching().getStackTrace()).isEqualTo(group.getStackTrace());
  }

  private static List<Throwable> leaves(ExceptionGroup group) {
    return group.exceptions().stream()
        .flatMap(member ->
            member instanceof ExceptionGroup nested ? leaves(nested).stream() : Stream.of(member))
        .toList();
  }

  @Test
  void split_whereAllOrNoneMatch_hasOnePart() {
    var group = new ExceptionGroup("outer", List.of(gone));

    assertThat(group.split(IOException.class).rest()).isNull();
    assertThat(group.split(Error.class).matching()).isNull();
    assertThat(group.split(ExceptionGroup.class).matching()).isSameAs(group);
  }

  @Test
  void printStackTrace_showsTheNesting() {
    var inner = new ExceptionGroup("inner", List.of(gone));
    var text = new StringWriter();

    new ExceptionGroup("outer", List.of(bad, inner)).printStackTrace(new PrintWriter(text));

    assertThat(text.toString().replaceAll("\\R\\s+(at|\\.\\.\\.) [^\\r\\n]*", ""))
        .startsWith("io.loop.task.ExceptionGroup: outer (2 sub-exceptions)")
        .containsPattern("\n\tSuppressed: java.lang.IllegalStateException: bad")
        .containsPattern("\n\tSuppressed: io.loop.task.ExceptionGroup: inner \\(1 sub-exception\\)")
        .containsPattern("\n\t\tSuppressed: java.io.IOException: gone");
  }
}
