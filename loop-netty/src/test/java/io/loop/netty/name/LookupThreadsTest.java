package io.loop.netty.name;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.OnNetty;
import io.loop.netty.transport.Transport;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Look-ups that nobody answers.
class LookupThreadsTest extends OnNetty {

  private static final int MANY = 500;

  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(LookupThreads.NAME))
        .count();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void lookups_nobodyAnswers_areAFewThreadsAndLeaveTheQueueWhenGivenUp(Transport transport) {
    var answer = new CountDownLatch(1);
    var begun = new AtomicInteger();
    try {
      giveUpMany(transport, answer, begun);
    } finally {
      answer.countDown(); // the threads are shared
    }
  }

  private static void giveUpMany(Transport transport, CountDownLatch answer, AtomicInteger begun) {
    run(
        transport,
        () -> {
          List<Task<?>> callers = new ArrayList<>();
          for (int i = 0; i < MANY; i++) {
            callers.add(
                Asyncio.createTask(() ->
                    LookupThreads.call(
                        Loop.running(),
                        () -> {
                          begun.incrementAndGet();
                          answer.await();
                          return "x";
                        })));
          }
          until(() -> begun.get() == LookupThreads.MOST);
          until(() -> LookupThreads.waiting() == MANY - LookupThreads.MOST);

          callers.forEach(Task::cancel);
          for (Task<?> caller : callers) {
            assertThatThrownBy(caller::await).isInstanceOf(CancelledError.class);
          }

          assertThat(LookupThreads.waiting()).isZero();
          assertThat(threads()).isLessThanOrEqualTo(LookupThreads.MOST);
          answer.countDown();
          assertThat(LookupThreads.call(Loop.running(), () -> "next")).isEqualTo("next");
          assertThat(begun).hasValue(LookupThreads.MOST);
        });
  }

  @ParameterizedTest
  @MethodSource("transports")
  void lookup_thatFails_throwsWhatItThrew(Transport transport) {
    var unknown = new UnknownHostException("no.such.host");
    run(
        transport,
        () ->
            assertThatThrownBy(() ->
                    LookupThreads.call(
                        Loop.running(),
                        () -> {
                          throw unknown;
                        }))
                .isSameAs(unknown));
  }
}
