package io.loop.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.function.IntToLongFunction;
import java.util.stream.Stream;

/// Tells constant cost from cost that grows with the number of those who wait.
///
/// Counts work, see [CountingLoader]. Time would depend on what else the machine does, and on its
/// caches.
public final class Growth {

  /// How long a loop waits for a coroutine that loads a class through [CountingLoader]: on the
  /// portable carrier it does so beside the loop, and nothing else may be ready meanwhile.
  public static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int FEW = 250;
  private static final int MANY = 5_000;
  private static final double LIMIT = 2; // 20 if the cost of each is proportional to their number
  private static final ClassLoader COUNTING = new CountingLoader();

  private Growth() {}

  /// Fails if one of many operations costs much more than one of a few.
  ///
  /// @param operations does so many operations, and says what [CountingLoader#work] they took
  ///   together. A copy of it is called, in which everything counts; so it is a record of this
  ///   project, and its components are types of the JDK.
  /// @param <T> its type
  public static <T extends Record & IntToLongFunction> void assertConstant(T operations) {
    IntToLongFunction counting = countingCopy(operations);
    var _ = counting.applyAsLong(1); // what is done once only
    double one = each(FEW, counting);
    double another = each(MANY, counting);

    assertThat(one).as("work of each among %s", FEW).isPositive();
    assertThat(another / one).as("work among %s by work among %s", MANY, FEW).isLessThan(LIMIT);
  }

  private static double each(int count, IntToLongFunction operations) {
    return (double) operations.applyAsLong(count) / count;
  }

  private static IntToLongFunction countingCopy(Record operations) {
    RecordComponent[] components = operations.getClass().getRecordComponents();
    Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Object[] values = new Object[components.length];
      for (int i = 0; i < values.length; i++) {
        var accessor = components[i].getAccessor();
        accessor.setAccessible(true);
        values[i] = accessor.invoke(operations);
      }
      Constructor<?> constructor =
          COUNTING.loadClass(operations.getClass().getName()).getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return (IntToLongFunction) constructor.newInstance(values);
    } catch (ReflectiveOperationException fault) {
      throw new LinkageError("no counting copy", fault);
    }
  }
}
