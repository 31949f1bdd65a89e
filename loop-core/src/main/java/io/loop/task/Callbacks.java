package io.loop.task;

import io.loop.event.Context;
import io.loop.event.Handle;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a pending future calls once it is settled: nothing, one handle, or a list of them.
///
/// One awaiter is the usual case, and costs no list. Loop thread only.
final class Callbacks {

  /*
   * The value is kept by the future as an Object: null, a Handle, or a CallbackList. The
   * handle made when a callback is added is what runs later; an awaiting task adds the handle that
   * all its steps reuse. One list for both keeps their order.
   *
   * It also says who waits: the tasks of the steps, and the tasks that a combinator named when it
   * added its callback. So the await graph needs no edges of its own, and a callback that goes
   * takes its edge along.
   */

  /// A function to call, with the future.
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
      return Repr.function(function) + " of " + future.summary();
    }
  }

  /// A function of ours to call for the sake of a task.
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

  /// Nothing to call: it only says that a task waits.
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

  /// {@return what is left without the registrations of a function, the marks of a task, or a step}
  static @Nullable Object without(@Nullable Object callbacks, Object key) {
    if (callbacks instanceof CallbackList list) {
      list.remove(key);
      return list.size() == 0 ? null : list;
    }
    return callbacks instanceof Handle single && keyOf(single).equals(key) ? null : callbacks;
  }

  /// {@return what takes a handle back}
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

  /// Leaves a function registered, but no longer for the sake of a task.
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

  /// {@return the tasks that wait, in the order in which they began to}
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

  /// {@return a text such as `cb=[a, <2 more>, b]`, empty if there is nothing to call}
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
