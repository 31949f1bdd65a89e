package io.loop.conformance;

import io.loop.event.Handle;
import io.loop.event.TimerHandle;
import io.loop.scope.Timeout;
import io.loop.stream.StreamReader;
import io.loop.sync.Barrier;
import io.loop.sync.Event;
import io.loop.sync.Queue;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// The functions of expressions, but for `and` and `or`, which do not evaluate all they are given.
final class Functions {

  private Functions() {}

  static @Nullable Object apply(String function, Program program, List<@Nullable Object> args) {
    return switch (function) {
      case "+" -> plus(args.getFirst(), args.get(1));
      case "-" -> Math.subtractExact(number(args.getFirst()), number(args.get(1)));
      case "*" -> Math.multiplyExact(number(args.getFirst()), number(args.get(1)));
      case "%" -> Math.floorMod(number(args.getFirst()), number(args.get(1)));
      case "==" -> Values.equal(args.getFirst(), args.get(1));
      case "!=" -> !Values.equal(args.getFirst(), args.get(1));
      case "<" -> Values.compare(args.getFirst(), args.get(1)) < 0;
      case "<=" -> Values.compare(args.getFirst(), args.get(1)) <= 0;
      case ">" -> Values.compare(args.getFirst(), args.get(1)) > 0;
      case ">=" -> Values.compare(args.getFirst(), args.get(1)) >= 0;
      case "not" -> !Values.isTrue(args.getFirst());
      case "list" -> args;
      case "now" -> program.now();
      case "current" -> program.currentName();
      case "current_task" -> program.currentTask();
      case "all_tasks" -> program.taskNames();
      default -> args.getFirst() == null ? null : of(function, program, args.getFirst(), args);
    };
  }

  /// A function of an object; never called with null.
  private static @Nullable Object of(
      String function, Program program, Object on, List<@Nullable Object> args) {
    return switch (function) {
      case "at" -> at(on, number(args.get(1)));
      case "first" -> at(on, 0);
      case "second" -> at(on, 1);
      case "last" -> at(on, ((List<?>) on).size() - 1);
      case "len" -> length(on);
      case "done" ->
          on instanceof LoopFuture<?> future ? future.isDone() : ((Future<?>) on).isDone();
      case "cancelled" -> isCancelled(on);
      case "cancelling" -> (long) ((Task<?>) on).cancelling();
      case "name" -> ((Task<?>) on).getName();
      case "at_eof" -> ((StreamReader) on).atEof();
      case "locked" -> SyncOps.isLocked(on);
      case "is_set" -> ((Event) on).isSet();
      case "parties" -> (long) ((Barrier) on).parties();
      case "n_waiting" -> (long) ((Barrier) on).waiting();
      case "broken" -> ((Barrier) on).isBroken();
      case "qsize" -> (long) ((Queue<?>) on).size();
      case "empty" -> ((Queue<?>) on).isEmpty();
      case "full" -> ((Queue<?>) on).isFull();
      case "expired" -> ((Timeout) on).isExpired();
      case "when" -> when(on);
      case "type" -> Faults.type((Throwable) on);
      case "msg" -> Faults.message((Throwable) on);
      case "cause" -> program.cause((Throwable) on);
      case "exceptions" -> new ArrayList<Object>(Faults.members((Throwable) on));
      default -> throw new UnsupportedScenario("function " + function);
    };
  }

  private static long number(@Nullable Object value) {
    if (value instanceof Long number) {
      return number;
    }
    throw new UnsupportedScenario("not a number: " + value);
  }

  private static Object plus(@Nullable Object a, @Nullable Object b) {
    if (a instanceof String x && b instanceof String y) {
      return x + y;
    }
    if (a instanceof List<?> x && b instanceof List<?> y) {
      List<@Nullable Object> joined = new ArrayList<>(x);
      joined.addAll(y);
      return joined;
    }
    return Math.addExact(number(a), number(b));
  }

  private static @Nullable Object at(Object list, long index) {
    var items = (List<?>) list;
    return index < 0 || index >= items.size() ? null : items.get((int) index);
  }

  private static long length(Object on) {
    return switch (on) {
      case String text -> text.codePointCount(0, text.length());
      case Values.Bytes bytes -> bytes.latin1().length();
      case List<?> list -> list.size();
      default -> throw new UnsupportedScenario("length of " + on);
    };
  }

  private static boolean isCancelled(Object on) {
    return switch (on) {
      case LoopFuture<?> future -> future.isCancelled();
      case Future<?> outside -> outside.isCancelled();
      case Handle handle -> handle.isCancelled();
      default -> throw new UnsupportedScenario("cancelled of " + on);
    };
  }

  private static @Nullable Long when(Object on) {
    Duration when = on instanceof TimerHandle timer ? timer.when() : ((Timeout) on).when();
    return when == null ? null : when.toMillis();
  }
}
