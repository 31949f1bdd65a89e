package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class FutureIsUnreadTest {

  private final ManualLoop manual = new ManualLoop();
  private final LoopFuture<Integer> future = new LoopFuture<>(manual.loop());

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void isUnread_pending_isFalse() {
    assertThat(future.isUnread()).isFalse();
  }

  @Test
  void isUnread_withResult_isFalse() {
    future.setResult(1);

    assertThat(future.isUnread()).isFalse();
  }

  @Test
  void isUnread_cancelled_isFalse() {
    future.cancel();

    assertThat(future.isUnread()).isFalse();
  }

  @Test
  void isUnread_failed_staysTrueHoweverOftenAsked() {
    future.setException(new IOException("gone"));

    assertThat(future.isUnread()).isTrue();
    assertThat(future.isUnread()).isTrue();
    future.cancel();
  }

  static Stream<Consumer<LoopFuture<Integer>>> readers() {
    return Stream.of(LoopFuture::exception, LoopFuture::cancel, FutureIsUnreadTest::readResult);
  }

  private static void readResult(LoopFuture<Integer> failed) {
    try {
      failed.result();
    } catch (Exception expected) {
      assertThat(expected).isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @MethodSource("readers")
  void isUnread_failedAndRead_isFalse(Consumer<LoopFuture<Integer>> reader) {
    future.setException(new IOException("gone"));

    reader.accept(future);

    assertThat(future.isUnread()).isFalse();
  }
}
