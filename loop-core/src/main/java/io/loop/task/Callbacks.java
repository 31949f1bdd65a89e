package io.loop.task;

import io.loop.context.Context;
import io.loop.event.Handle;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The callbacks of a pending future: none, a single handle, or a list.
///
/// A single awaiter is the usual case, and needs no list. Loop thread only.
final class Callbacks {

  /*
   * The future keeps the value as an Object: null, a Handle, or a CallbackList. Adding a callback
   * creates the handle that runs later; an awaiting task adds the handle that all its steps reuse.
   * One list for both preserves their order.
   *
   * The value also records the tasks that wait: those of the steps, and those that a combinator
   * named when it added its callback. The await graph therefore needs no separate edges, and
   * removing a callback removes its edge.
   */

  /// A callback that is called with the future.
  static class Call<T extends @Nullable Object> extends Handle {
    private final LoopFuture<T> future;
    private final DoneCallback<? super LoopFuture<T>> function;

    Call(
        LoopFuture<T> future,
        DoneCallback<? super LoopFuture<T>> function,
        @Nullable Context context) {
      this(future, function, context, true);
    }

    private Call(
        LoopFuture<T> future,
        DoneCallback<? super LoopFuture<T>> function,
        @Nullable Context context,
        boolean needsHost) {
      super(future.loop, context, needsHost);
      this.future = future;
      this.function = function;
    }

    @Override
    protected void run() throws Exception {
      function.call(future);
    }

    final void fire() {
      schedule();
    }

    @Override
    protected String describe() {
      return Repr.function(function) + " of " + FutureText.summary(future);
    }
  }

  /// A callback of this library, on behalf of a task.
  static final class CallFor<T extends @Nullable Object> extends Call<T> {
    private @Nullable Task<?> waiter;

    CallFor(
        LoopFuture<T> future,
        DoneCallback<? super LoopFuture<T>> function,
        @Nullable Task<?> waiter) {
      super(future, function, null, false);
      this.waiter = waiter;
    }
  }

  /// A marker that a task waits; there is nothing to call.
  static final class Mark extends Handle {
    private final Task<?> waiter;

    Mark(LoopFuture<?> future, Task<?> waiter) {
      super(future.loop, null, false);
      this.waiter = waiter;
    }
  }

  private Callbacks() {}

  static Object with(@Nullable Object callbacks, Handle added) {
    if (callbacks == null) {
      return added;
    }
    if (callbacks instanceof Handle first) {
      var list = new CallbackList();
      list.add(first);
      list.add(added);
      return list;
    }
    ((CallbackList) callbacks).add(added);
    return callbacks;
  }

  static void fire(@Nullable Object callbacks) {
    if (callbacks instanceof Handle single) {
      fireOne(single);
    } else if (callbacks instanceof CallbackList list) {
      list.forEach(Callbacks::fireOne);
    }
  }

  private static void fireOne(Handle handle) {
    if (handle instanceof TaskStep step) {
      step.wake();
    } else if (handle instanceof Call<?> call) {
      call.fire();
    }
  }

  /// {@return the callbacks without the registrations of a function, the marks of a task, or a
  /// step}
  static @Nullable Object without(@Nullable Object callbacks, Object key) {
    if (callbacks instanceof CallbackList list) {
      list.remove(key);
      return list.size() == 0 ? null : list;
    }
    return callbacks instanceof Handle single && keyOf(single).equals(key) ? null : callbacks;
  }

  /// {@return the key by which a handle is removed}
  static Object keyOf(Handle handle) {
    return switch (handle) {
      case Call<?> call -> call.function;
      case Mark mark -> mark.waiter;
      default -> handle;
    };
  }

  static int count(@Nullable Object callbacks) {
    if (callbacks instanceof CallbackList list) {
      return list.size();
    }
    return callbacks == null ? 0 : 1;
  }

  /// Keeps a function registered, but no longer on behalf of a task.
  static void forgetWaiter(@Nullable Object callbacks, Object function) {
    if (callbacks instanceof CallbackList list) {
      list.forEach(function, Callbacks::forgetWaiter);
    } else if (callbacks instanceof Handle single && keyOf(single).equals(function)) {
      forgetWaiter(single);
    }
  }

  private static void forgetWaiter(Handle handle) {
    if (handle instanceof CallFor<?> call) {
      call.waiter = null;
    }
  }

  /// {@return the tasks that wait, in the order in which they began to wait}
  static Set<Task<?>> waiters(@Nullable Object callbacks) {
    var waiters = new LinkedHashSet<Task<?>>();
    if (callbacks instanceof CallbackList list) {
      list.forEach(handle -> addWaiter(handle, waiters));
    } else if (callbacks instanceof Handle single) {
      addWaiter(single, waiters);
    }
    return waiters;
  }

  private static void addWaiter(Handle handle, Set<Task<?>> waiters) {
    if (handle instanceof TaskStep step) {
      waiters.add(step.task());
    } else if (handle instanceof CallFor<?> call && call.waiter != null) {
      waiters.add(call.waiter);
    } else if (handle instanceof Mark mark) {
      waiters.add(mark.waiter);
    }
  }

  /// {@return text such as `cb=[a, <2 more>, b]`; empty if there are no callbacks}
  static String text(@Nullable Object callbacks) {
    if (callbacks instanceof CallbackList list && list.size() > 1) {
      String more = list.size() == 2 ? "" : "<" + (list.size() - 2) + " more>, ";
      return " cb=[" + text(list.first()) + ", " + more + text(list.last()) + "]";
    }
    return switch (callbacks) {
      case CallbackList list -> " cb=[" + text(list.first()) + "]";
      case Handle single -> " cb=[" + text(single) + "]";
      case null, default -> "";
    };
  }

  private static String text(Handle handle) {
    return switch (handle) {
      case Call<?> call -> Repr.function(call.function);
      case TaskStep step -> "wakeup of " + step.task().getName();
      default -> "mark";
    };
  }
}
