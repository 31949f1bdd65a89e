package io.loop.event;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One loop's values of all [LoopLocal]s, by index.
///
/// Loop thread only, except [#published].
final class Locals {

  private static final int INITIAL_SIZE = 4;
  private static final VarHandle VALUES =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "values", VarHandle.class, Locals.class, Object[].class);

  private @Nullable Object[] values = new @Nullable Object[INITIAL_SIZE];

  @Nullable Object get(int index) {
    return index < values.length ? values[index] : null;
  }

  /// Copies the array each time, so that other threads see either no value or a complete one.
  void set(int index, Object value) {
    int length = index < values.length ? values.length : index + INITIAL_SIZE;
    @Nullable Object[] grown = Arrays.copyOf(values, length);
    grown[index] = value;
    VALUES.setRelease(this, grown);
  }

  /// Like [#get], for other threads.
  @Nullable Object published(int index) {
    var published = (@Nullable Object[]) VALUES.getAcquire(this);
    return index < published.length ? published[index] : null;
  }

  /// Closes the values that can be closed.
  void close(ExceptionReports reports) {
    for (Object value : values) {
      if (value instanceof AutoCloseable closeable) {
        try {
          closeable.close();
        } catch (Throwable fault) { // the loop must close completely
          reports.report("Exception while closing the event loop", fault, "local", closeable);
        }
      }
    }
  }
}
