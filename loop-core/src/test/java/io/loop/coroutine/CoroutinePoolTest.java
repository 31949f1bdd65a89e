package io.loop.coroutine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.coroutine.Coroutine.Stop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a body finds on a thread that another body has used before it. Always on the loop carrier:
/// the other uses no thread twice.
@Timeout(20)
final class CoroutinePoolTest {

  private final CoroutinePool pool = new CoroutinePool();
  private final Semaphore comeBacks = new Semaphore(0);

  @AfterEach
  void close() {
    pool.close();
  }

  private Coroutine create(Runnable body) {
    return create(pool, body, "");
  }

  private Coroutine create(CoroutinePool from, Runnable body, String name) {
    return from.createOnLoop(new TestOwner(body, comeBacks), name);
  }

  /// Runs a body to its end, and gives its thread.
  private Thread run(Runnable body) {
    Coroutine coroutine = create(body);
    Thread thread = coroutine.thread();
    assertThat(coroutine.resume()).isEqualTo(Stop.DONE);
    return thread;
  }

  @Test
  void create_anotherHasEnded_usesItsThread() {
    Thread first = run(() -> {});
    Thread second = run(() -> {});

    assertThat(second).isSameAs(first);
    assertThat(first.isAlive()).isTrue();
  }

  @Test
  void create_anotherIsSuspended_usesAnotherThread() {
    var self = new AtomicReference<Coroutine>();
    Coroutine suspended = create(() -> self.get().suspend());
    self.set(suspended);
    assertThat(suspended.resume()).isEqualTo(Stop.SUSPENDED);

    Thread other = run(() -> {});

    assertThat(other).isNotSameAs(suspended.thread());
    assertThat(suspended.resume()).isEqualTo(Stop.DONE);
  }

  @Test
  void create_afterABodyThatSuspended_suspendsAsEver() {
    List<String> log = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      var self = new AtomicReference<Coroutine>();
      Coroutine coroutine =
          create(() -> {
            log.add("before");
            self.get().suspend();
            log.add("after");
          });
      self.set(coroutine);
      assertThat(coroutine.resume()).isEqualTo(Stop.SUSPENDED);
      assertThat(coroutine.resume()).isEqualTo(Stop.DONE);
    }

    assertThat(log).containsExactly("before", "after", "before", "after", "before", "after");
  }

  @Test
  void create_bodyBeforeSetAThreadLocal_isNotSeen() {
    ThreadLocal<String> local = new ThreadLocal<>();
    Thread first = run(() -> local.set("left behind"));
    var seen = new AtomicReference<>("nothing ran");

    Thread second = run(() -> seen.set(local.get()));

    assertThat(seen.get()).isNull();
    assertThat(second).isNotSameAs(first);
    assertThat(first.isAlive()).isFalse();
  }

  @Test
  void create_bodyBeforeSetAnInheritableThreadLocal_isNotSeen() {
    ThreadLocal<String> local = new InheritableThreadLocal<>();
    run(() -> local.set("left behind"));
    var seen = new AtomicReference<>("nothing ran");

    run(() -> seen.set(local.get()));

    assertThat(seen.get()).isNull();
  }

  @Test
  void create_bodyBeforeWasInterrupted_isNotSeen() {
    Thread first = run(() -> Thread.currentThread().interrupt());
    var seen = new AtomicReference<Boolean>();

    Thread second = run(() -> seen.set(Thread.currentThread().isInterrupted()));

    assertThat(second).isSameAs(first);
    assertThat(seen.get()).isFalse();
  }

  @Test
  void create_idleThreadWasInterrupted_isNotSeen() {
    Thread first = run(() -> {});
    first.interrupt();
    var seen = new AtomicReference<Boolean>();

    Thread second = run(() -> seen.set(Thread.currentThread().isInterrupted()));

    assertThat(second).isSameAs(first);
    assertThat(seen.get()).isFalse();
  }

  @Test
  void create_bodyBeforeSetALoaderOrHandler_isNotSeen() {
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    run(() -> Thread.currentThread().setContextClassLoader(new ClassLoader() {}));
    run(() -> Thread.currentThread().setUncaughtExceptionHandler((_, _) -> {}));
    var loader = new AtomicReference<ClassLoader>();
    var handler = new AtomicReference<Thread.UncaughtExceptionHandler>();

    Thread third =
        run(() -> {
          loader.set(Thread.currentThread().getContextClassLoader());
          handler.set(Thread.currentThread().getUncaughtExceptionHandler());
        });

    assertThat(loader.get()).isSameAs(before);
    assertThat(handler.get()).isSameAs(third.getThreadGroup());
  }

  @Test
  void create_bodyBeforeHadAName_hasItsOwn() {
    List<String> names = new ArrayList<>();
    Runnable body = () -> names.add(Thread.currentThread().getName());
    create(pool, body, "first").resume();
    create(body).resume();
    create(pool, body, "third").resume();

    assertThat(names).containsExactly("first", "", "third");
  }

  @Test
  void create_permitWasLeft_suspendsAsEver() {
    var self = new AtomicReference<Coroutine>();
    Runnable body =
        () -> {
          LockSupport.unpark(Thread.currentThread());
          self.get().suspend();
        };
    for (int i = 0; i < 3; i++) {
      Coroutine coroutine = create(body);
      self.set(coroutine);
      assertThat(coroutine.resume()).isEqualTo(Stop.SUSPENDED);
      assertThat(coroutine.resume()).isEqualTo(Stop.DONE);
    }
  }

  @Test
  void create_afterABlockingCall_usesTheThread() throws InterruptedException {
    var latch = new CountDownLatch(1);
    Coroutine blocked =
        create(() -> {
          try {
            latch.await();
          } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
          }
        });
    Thread thread = blocked.thread();
    assertThat(blocked.resume()).isEqualTo(Stop.BLOCKED);
    latch.countDown();
    comeBacks.acquire();
    assertThat(blocked.resume()).isEqualTo(Stop.DONE);

    assertThat(run(() -> {})).isSameAs(thread);
  }

  @Test
  void create_idleStackIsLookedAt_runsTheBody() throws InterruptedException {
    Thread idle = run(() -> {});
    var watched = new AtomicReference<>(true);
    Thread walker =
        Thread.ofPlatform()
            .start(() -> {
              while (watched.get()) {
                idle.getStackTrace();
              }
            });
    int[] ran = {0};
    for (int i = 1; i <= 20_000; i++) { // some of them on others
      Coroutine coroutine = create(() -> ran[0]++);
      Stop stop = coroutine.resume();
      while (stop == Stop.BLOCKED) {
        comeBacks.acquire();
        stop = coroutine.isAway() ? coroutine.resume() : Stop.DONE;
      }
      assertThat(ran[0]).isEqualTo(i);
    }
    watched.set(false);
    walker.join();
  }

  @Test
  void close_endsIdleThreads() throws InterruptedException {
    Thread idle = run(() -> {});

    pool.close();

    idle.join();
    assertThat(run(() -> {}).isAlive()).isFalse();
  }

  /// What cannot be seen when a body ends; the page on hazards says so.
  @Test
  void lockLeftLocked_letsTheNextBodyOnTheThreadIn() {
    var lock = new ReentrantLock();
    Thread first = run(lock::lock);
    var isIn = new AtomicReference<Boolean>();

    Thread second = run(() -> isIn.set(lock.tryLock()));

    assertThat(second).isSameAs(first);
    assertThat(isIn.get()).isTrue();
  }

  @Test
  void withoutReuse_lockLeftLocked_keepsTheNextBodyOut() {
    try (var each = new CoroutinePool("false")) {
      var lock = new ReentrantLock();
      assertThat(create(each, lock::lock, "").resume()).isEqualTo(Stop.DONE);
      var isIn = new AtomicReference<Boolean>();

      create(each, () -> isIn.set(lock.tryLock()), "").resume();

      assertThat(isIn.get()).isFalse();
    }
  }

  @Test
  void withoutReuse_interruptAfterTheEnd_hitsNobody() {
    try (var each = new CoroutinePool("false")) {
      Coroutine first = create(each, () -> {}, "");
      assertThat(first.resume()).isEqualTo(Stop.DONE);
      var seen = new AtomicReference<Boolean>();

      Coroutine second =
          create(
              each,
              () -> {
                first.thread().interrupt();
                seen.set(Thread.currentThread().isInterrupted());
              },
              "");
      assertThat(second.resume()).isEqualTo(Stop.DONE);

      assertThat(seen.get()).isFalse();
      assertThat(first.thread().isAlive()).isFalse();
      assertThat(second.thread()).isNotSameAs(first.thread());
    }
  }

  @Test
  void propertyThatIsNeitherTrueNorFalse_isRefused() {
    assertThatThrownBy(() -> new CoroutinePool("no"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("io.loop.threadReuse must be true or false, not 'no'");
  }
}
