package io.loop.conformance;

import io.loop.sync.Barrier;
import io.loop.sync.BoundedSemaphore;
import io.loop.sync.Condition;
import io.loop.sync.Event;
import io.loop.sync.Lock;
import io.loop.sync.Semaphore;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The ops on locks, events, conditions, semaphores and barriers.
final class SyncOps {

  private SyncOps() {}

  static void addTo(Map<String, Ops.Op> ops) {
    ops.put("lock", (_, _, _) -> new Lock());
    ops.put("event", (_, _, _) -> new Event());
    ops.put("condition", (frame, op, _) -> condition((Lock) frame.value(op, "lock")));
    ops.put("semaphore", (frame, op, _) -> new Semaphore((int) frame.number(op, "value")));
    ops.put(
        "bounded_semaphore",
        (frame, op, _) -> new BoundedSemaphore((int) frame.number(op, "value")));
    ops.put("barrier", (frame, op, _) -> new Barrier((int) frame.number(op, "parties")));
    ops.put("acquire", (_, _, on) -> done(() -> acquire(on)));
    ops.put("release", (_, _, on) -> nothing(() -> release(on)));
    ops.put("event_set", (_, _, on) -> nothing(((Event) on)::set));
    ops.put("event_clear", (_, _, on) -> nothing(((Event) on)::clear));
    ops.put("event_wait", (_, _, on) -> done(((Event) on)::await));
    ops.put("cond_wait", (_, _, on) -> done(((Condition) on)::await));
    ops.put("cond_wait_for", SyncOps::waitFor);
    ops.put("notify", SyncOps::signal);
    ops.put("notify_all", (_, _, on) -> nothing(((Condition) on)::signalAll));
    ops.put("barrier_wait", (_, _, on) -> (long) ((Barrier) on).await());
    ops.put("barrier_reset", (_, _, on) -> nothing(((Barrier) on)::reset));
    ops.put("barrier_abort", (_, _, on) -> nothing(((Barrier) on)::abort));
  }

  /// Does something that asyncio answers with `True`.
  private static boolean done(Runnable call) {
    call.run();
    return true;
  }

  static @Nullable Object nothing(Runnable call) {
    call.run();
    return null;
  }

  private static Condition condition(@Nullable Lock lock) {
    return lock == null ? new Condition() : new Condition(lock);
  }

  private static void acquire(Object on) {
    switch (on) {
      case Lock lock -> lock.acquire();
      case Condition condition -> condition.acquire();
      case Semaphore semaphore -> semaphore.acquire();
      default -> throw new UnsupportedScenario("acquire of " + on);
    }
  }

  private static void release(Object on) {
    switch (on) {
      case Lock lock -> lock.release();
      case Condition condition -> condition.release();
      case Semaphore semaphore -> semaphore.release();
      default -> throw new UnsupportedScenario("release of " + on);
    }
  }

  static boolean isLocked(Object on) {
    return switch (on) {
      case Lock lock -> lock.isLocked();
      case Condition condition -> condition.isLocked();
      case Semaphore semaphore -> semaphore.isLocked();
      default -> throw new UnsupportedScenario("locked of " + on);
    };
  }

  private static @Nullable Object waitFor(Frame frame, Node op, Object on) {
    Program program = frame.program();
    Scenario.Body body = program.body(op.text("body"));
    List<@Nullable Object> args = frame.values(op, "args");
    var last = new Object[1];
    ((Condition) on)
        .waitFor(() -> {
          last[0] = program.callPlain(body, args);
          return Values.isTrue(last[0]);
        });
    return last[0];
  }

  private static @Nullable Object signal(Frame frame, Node op, Object on) {
    ((Condition) on).signal(op.has("n") ? (int) frame.number(op, "n") : 1);
    return null;
  }
}
