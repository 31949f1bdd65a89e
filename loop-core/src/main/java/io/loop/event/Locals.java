package io.loop.event;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One loop's values of all [LoopLocal]s, by index.
///
/// Loop thread only, except [#published].
final class Locals {

  /*
   * `created` lists the values in order of creation. A value that another one used while it was
   * created comes before that one. Closing takes values from the end of the list, so a value is
   * closed before those that it may use. What is created meanwhile is closed next.
   */

  private static final int INITIAL_SIZE = 4;
  private static final VarHandle VALUES =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "values", VarHandle.class, Locals.class, Object[].class);

  private @Nullable Object[] values = new @Nullable Object[INITIAL_SIZE];
  private final List<Object> created = new ArrayList<>(INITIAL_SIZE);

  @Nullable Object get(int index) {
    return index < values.length ? values[index] : null;
  }

  /// Copies the array each time, so that other threads see either no value or a complete one.
  void set(int index, Object value) {
    int length = index < values.length ? values.length : index + INITIAL_SIZE;
    @Nullable Object[] grown = Arrays.copyOf(values, length);
    Object replaced = grown[index];
    created.removeIf(older -> older == replaced);
    created.add(value);
    grown[index] = value;
    VALUES.setRelease(this, grown);
  }

  /// Like [#get], for other threads.
  @Nullable Object published(int index) {
    var published = (@Nullable Object[]) VALUES.getAcquire(this);
    return index < published.length ? published[index] : null;
  }

  /// Closes the values that can be closed, the latest first.
  ///
  /// @param first a value that is closed before all others, whenever it was created; or null
  void close(@Nullable AutoCloseable first, ExceptionReports reports) {
    if (first != null) {
      closeOne(first, reports);
    }
    while (!created.isEmpty()) {
      Object value = created.removeLast();
      if (value != first && value instanceof AutoCloseable closeable) {
        closeOne(closeable, reports);
      }
    }
  }

  private static void closeOne(AutoCloseable value, ExceptionReports reports) {
    try {
      value.close();
    } catch (Throwable fault) { // the loop must close completely
      reports.report("Exception while closing the event loop", fault, "local", value);
    }
  }
}
