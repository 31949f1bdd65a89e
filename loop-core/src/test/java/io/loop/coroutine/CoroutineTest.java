package io.loop.coroutine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.loop.coroutine.Coroutine.Stop;
import io.loop.testing.ClassInitializer;
import io.loop.testing.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// What both carriers must do for an owner that is no loop.
@ParameterizedClass
@EnumSource
final class CoroutineTest {

  enum Carrier {
    LOOP,
    PORTABLE
  }

  private final Carrier carrier;
  private final List<String> log = new ArrayList<>();
  private final Semaphore comeBacks = new Semaphore(0);
  private final AtomicReference<Coroutine> self = new AtomicReference<>();

  CoroutineTest(Carrier carrier) {
    this.carrier = carrier;
  }

  private Coroutine create(Runnable body) {
    var owner = new TestOwner(body, comeBacks);
    Coroutine made =
        switch (carrier) {
          case LOOP -> new LoopCarrier(owner, "coroutine", null);
          case PORTABLE -> new PortableCarrier(owner, "coroutine");
        };
    self.set(made);
    return made;
  }

  private void suspend() {
    self.get().suspend();
  }

  /// Resumes a body that is away until it stops for another reason.
  private Stop resumeUntilBack(Coroutine coroutine) {
    Stop stop;
    do {
      comeBacks.acquireUninterruptibly();
      stop = coroutine.isAway() ? coroutine.resume() : Stop.SUSPENDED;
    } while (stop == Stop.BLOCKED);
    return stop;
  }

  /// Resumes a body until it stops, also if it blocks meanwhile, as loading a class may.
  private void resumeFully(Coroutine coroutine) {
    if (coroutine.resume() == Stop.BLOCKED) {
      Stop _ = resumeUntilBack(coroutine);
    }
  }

  @Test
  void create_runsNothing() {
    Coroutine coroutine = create(() -> log.add("body"));

    assertThat(log).isEmpty();
    assertThat(coroutine.isAway()).isFalse();
  }

  @Test
  void resume_bodyThatEnds_isDone() {
    Stop stop = create(() -> log.add("body")).resume();

    assertThat(stop).isEqualTo(Stop.DONE);
    assertThat(log).containsExactly("body");
  }

  @Test
  void resume_bodyThatSuspends_goesOnWhereItStopped() {
    Coroutine coroutine =
        create(() -> {
          log.add("one");
          suspend();
          log.add("two");
          suspend();
          log.add("three");
        });

    Stop first = coroutine.resume();
    log.add("owner");
    Stop second = coroutine.resume();
    Stop third = coroutine.resume();

    assertThat(List.of(first, second, third))
        .containsExactly(Stop.SUSPENDED, Stop.SUSPENDED, Stop.DONE);
    assertThat(log).containsExactly("one", "owner", "two", "three");
  }

  @Test
  void resume_manyTimes_losesNoStep() {
    int[] steps = {0};
    Coroutine coroutine =
        create(() -> {
          for (; steps[0] < 10_000; steps[0]++) {
            suspend();
          }
        });

    int resumes = 0;
    while (coroutine.resume() == Stop.SUSPENDED) {
      resumes++;
    }

    assertThat(resumes).isEqualTo(10_000);
    assertThat(steps[0]).isEqualTo(10_000);
  }

  @Test
  void body_runsOnItsOwnVirtualThread() {
    var seen = new AtomicReference<Thread>();
    Coroutine coroutine = create(() -> seen.set(Thread.currentThread()));

    coroutine.resume();

    assertThat(seen.get()).isSameAs(coroutine.thread());
    assertThat(seen.get().isVirtual()).isTrue();
    assertThat(seen.get().getName()).isEqualTo("coroutine");
  }

  @Test
  void isCurrentThread_insideAndOutside_saysSo() {
    var inside = new AtomicReference<Boolean>();
    Coroutine coroutine = create(() -> inside.set(self.get().isCurrentThread()));

    coroutine.resume();

    assertThat(inside.get()).isTrue();
    assertThat(coroutine.isCurrentThread()).isFalse();
  }

  @Test
  void resume_bodyThatBlocks_isBlockedAndComesBack() {
    var latch = new CountDownLatch(1);
    Coroutine coroutine =
        create(() -> {
          awaitQuietly(latch);
          log.add("back");
        });

    Stop first = coroutine.resume();
    boolean away = coroutine.isAway();
    log.add("owner");
    latch.countDown();
    Stop last = first == Stop.BLOCKED ? resumeUntilBack(coroutine) : first;

    assertThat(first).isEqualTo(Stop.BLOCKED);
    assertThat(away).isTrue();
    assertThat(last).isEqualTo(Stop.DONE);
    assertThat(coroutine.isAway()).isFalse();
    assertThat(log).containsExactly("owner", "back");
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  @Test
  void suspend_afterABlockingCall_waitsForItsTurn() {
    var latch = new CountDownLatch(1);
    Coroutine coroutine =
        create(() -> {
          awaitQuietly(latch);
          suspend();
          log.add("resumed");
        });
    coroutine.resume();
    latch.countDown();

    Stop back = resumeUntilBack(coroutine);
    log.add("owner");
    Stop end = coroutine.resume();

    assertThat(back).isEqualTo(Stop.SUSPENDED);
    assertThat(end).isEqualTo(Stop.DONE);
    assertThat(log).containsExactly("owner", "resumed");
  }

  @Test
  void rejoin_withTheTurn_returnsAtOnce() {
    Coroutine coroutine =
        create(() -> {
          self.get().rejoin();
          log.add("rejoined");
        });

    assertThat(coroutine.resume()).isEqualTo(Stop.DONE);
    assertThat(log).containsExactly("rejoined");
  }

  @Test
  void callOutside_runsOnTheOwnersThreadWithinTheStep() {
    var outside = new AtomicReference<Thread>();
    Coroutine coroutine =
        create(() -> {
          log.add(
              self.get()
                  .callOutside(() -> {
                    outside.set(Thread.currentThread());
                    return "result";
                  }));
        });

    Stop stop = coroutine.resume();

    assertThat(stop).isEqualTo(Stop.DONE);
    assertThat(outside.get()).isSameAs(Thread.currentThread());
    assertThat(log).containsExactly("result");
  }

  @Test
  void callOutside_severalAndASuspension_keepTheirOrder() {
    Coroutine coroutine =
        create(() -> {
          self.get().callOutside(() -> log.add("errand 1"));
          self.get().callOutside(() -> log.add("errand 2"));
          suspend();
          self.get().callOutside(() -> log.add("errand 3"));
        });

    Stop first = coroutine.resume();
    log.add("owner");
    Stop second = coroutine.resume();

    assertThat(first).isEqualTo(Stop.SUSPENDED);
    assertThat(second).isEqualTo(Stop.DONE);
    assertThat(log).containsExactly("errand 1", "errand 2", "owner", "errand 3");
  }

  @Test
  void callOutside_thatThrows_throwsTheSameInTheBody() {
    var fault = new IllegalArgumentException("bad");
    var caught = new AtomicReference<Throwable>();
    Coroutine coroutine =
        create(() ->
            caught.set(
                catchThrowable(() ->
                    self.get()
                        .callOutside(() -> {
                          throw fault;
                        }))));

    coroutine.resume();

    assertThat(caught.get()).isSameAs(fault);
  }

  @Test
  void callOutside_whereTheStackCannotBeSuspended_isForgotten() {
    Coroutine coroutine =
        create(() -> {
          Throwable refused =
              catchThrowable(() ->
                  ClassInitializer.run(() -> self.get().callOutside(() -> log.add("errand"))));
          if (refused != null) {
            log.add("refused");
          }
          suspend();
          log.add("end");
        });

    resumeFully(coroutine);
    resumeFully(coroutine);

    assertThat(log)
        .containsExactlyElementsOf(
            carrier == Carrier.LOOP ? List.of("refused", "end") : List.of("errand", "end"));
  }

  @Test
  void unparkAndInterrupt_ofASuspendedBody_doNotResumeIt() {
    Coroutine coroutine =
        create(() -> {
          suspend();
          log.add("resumed, interrupted " + Thread.currentThread().isInterrupted());
        });
    coroutine.resume();

    LockSupport.unpark(coroutine.thread());
    coroutine.thread().interrupt();
    log.add("owner");
    coroutine.resume();

    assertThat(log).containsExactly("owner", "resumed, interrupted true");
  }

  @Test
  void stackTrace_ofASuspendedBody_showsIt() {
    Coroutine coroutine = create(this::suspend);
    coroutine.resume();

    StackTraceElement[] stack = coroutine.thread().getStackTrace();
    coroutine.resume();

    assertThat(stack).extracting(StackTraceElement::getMethodName).contains("suspend");
  }

  @Test
  void body_thatStartsAVirtualThread_isNotMistakenForIt() {
    Coroutine coroutine =
        create(() -> {
          Thread child = Thread.ofVirtual().start(() -> log.add("child"));
          joinQuietly(child);
          log.add("joined");
        });

    Stop stop = coroutine.resume();
    while (stop == Stop.BLOCKED) {
      stop = resumeUntilBack(coroutine);
    }

    assertThat(stop).isEqualTo(Stop.DONE);
    assertThat(log).containsExactly("child", "joined");
  }

  private static void joinQuietly(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  @Test
  void resume_bySeveralThreadsInTurn_works() {
    Coroutine coroutine =
        create(() -> {
          log.add("one");
          suspend();
          log.add("two");
        });
    coroutine.resume();

    Threads.onThread(coroutine::resume);

    assertThat(log).containsExactly("one", "two");
  }
}
