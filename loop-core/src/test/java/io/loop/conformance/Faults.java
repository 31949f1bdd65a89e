package io.loop.conformance;

import io.loop.stream.IncompleteReadException;
import io.loop.stream.LimitOverrunException;
import io.loop.stream.LineTooLongException;
import io.loop.sync.BrokenBarrierException;
import io.loop.sync.QueueEmptyException;
import io.loop.sync.QueueFullException;
import io.loop.sync.QueueShutDownException;
import io.loop.task.CancelledError;
import io.loop.task.ExceptionGroup;
import io.loop.task.InvalidStateException;
import java.io.Serial;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Exceptions between two worlds: what a Java throwable is called in a scenario, and what a
/// scenario raises.
final class Faults {

  private Faults() {}

  /// What the scenario itself raises.
  interface Raised {
    String type();

    @Nullable Object message();
  }

  /// An exception that the scenario raised, of any type inside `Exception`.
  static final class RaisedException extends RuntimeException implements Raised {
    @Serial private static final long serialVersionUID = 1;

    private final String type;
    private final transient @Nullable Object message;

    RaisedException(String type, @Nullable Object message) {
      super(type, null, true, false);
      this.type = type;
      this.message = message;
    }

    @Override
    public String type() {
      return type;
    }

    @Override
    public @Nullable Object message() {
      return message;
    }
  }

  /// An exception that the scenario raised, outside `Exception`.
  static final class RaisedError extends Error implements Raised {
    @Serial private static final long serialVersionUID = 1;

    private final transient @Nullable Object message;

    RaisedError(@Nullable Object message) {
      super("BaseError", null, true, false);
      this.message = message;
    }

    @Override
    public String type() {
      return "BaseError";
    }

    @Override
    public @Nullable Object message() {
      return message;
    }
  }

  private static final Map<String, String> PARENTS =
      Map.ofEntries(
          Map.entry("BaseError", "BaseException"),
          Map.entry("CancelledError", "BaseException"),
          Map.entry("BaseExceptionGroup", "BaseException"),
          Map.entry("Exception", "BaseException"),
          Map.entry("ExceptionGroup", "Exception"), // and BaseExceptionGroup, see isInstance
          Map.entry("AppError", "Exception"),
          Map.entry("SubError", "AppError"),
          Map.entry("OtherError", "Exception"),
          Map.entry("TimeoutError", "Exception"),
          Map.entry("InvalidStateError", "Exception"),
          Map.entry("QueueEmpty", "Exception"),
          Map.entry("QueueFull", "Exception"),
          Map.entry("QueueShutDown", "Exception"),
          Map.entry("LimitOverrunError", "Exception"),
          Map.entry("EOFError", "Exception"),
          Map.entry("IncompleteReadError", "EOFError"),
          Map.entry("LookupError", "Exception"),
          Map.entry("KeyError", "LookupError"),
          Map.entry("IndexError", "LookupError"),
          Map.entry("RuntimeError", "Exception"),
          Map.entry("BrokenBarrierError", "RuntimeError"),
          Map.entry("TypeError", "Exception"),
          Map.entry("ValueError", "Exception"));

  /// {@return a new exception of a scenario's type}
  static Throwable raise(String type, @Nullable Object message) {
    if (!PARENTS.containsKey(type)) {
      throw new UnsupportedScenario("exception type " + type);
    }
    return switch (type) {
      case "CancelledError" -> new CancelledError(CancelMessages.encode(message));
      case "BaseError" -> new RaisedError(message);
      default -> new RaisedException(type, message);
    };
  }

  /// {@return the cause that asyncio gives explicitly: only a time-out has one}
  static @Nullable Throwable givenCause(Throwable fault) {
    return fault instanceof TimeoutException ? fault.getCause() : null;
  }

  static String type(Throwable fault) {
    return switch (fault) {
      case Raised raised -> raised.type();
      case CancelledError _, CancellationException _ -> "CancelledError";
      case ExceptionGroup group -> isPlain(group) ? "ExceptionGroup" : "BaseExceptionGroup";
      case TimeoutException _ -> "TimeoutError";
      case IncompleteReadException _ -> "IncompleteReadError";
      case LimitOverrunException _ -> "LimitOverrunError";
      case LineTooLongException _ -> "ValueError";
      case InvalidStateException _ -> "InvalidStateError";
      case QueueEmptyException _ -> "QueueEmpty";
      case QueueFullException _ -> "QueueFull";
      case QueueShutDownException _ -> "QueueShutDown";
      case BrokenBarrierException _ -> "BrokenBarrierError";
      case NoSuchElementException _ -> "LookupError";
      case IllegalArgumentException _ -> "ValueError";
      case IllegalStateException _ -> "RuntimeError";
      case NullPointerException _, ClassCastException _ -> "TypeError";
      default -> fault.getClass().getSimpleName();
    };
  }

  private static boolean isPlain(ExceptionGroup group) {
    return group.exceptions().stream().allMatch(member -> isInstance(member, "Exception"));
  }

  static boolean isInstance(Throwable fault, String wanted) {
    String type = type(fault);
    if (type.equals("ExceptionGroup") && wanted.equals("BaseExceptionGroup")) {
      return true;
    }
    while (type != null && !type.equals(wanted)) {
      type = PARENTS.get(type);
    }
    return type != null;
  }

  static String text(Throwable fault) {
    String type = type(fault);
    return switch (type) {
      case "AppError", "SubError", "OtherError", "BaseError" -> {
        Object message = ((Raised) fault).message();
        yield type + "(" + Values.text(message == null ? "" : message, Object::toString) + ")";
      }
      case "CancelledError" -> {
        Object message = message(fault);
        yield message == null ? type : type + "(" + Values.text(message, Object::toString) + ")";
      }
      case "ExceptionGroup", "BaseExceptionGroup" -> type + membersText(fault);
      default -> type + streamText(fault);
    };
  }

  /// The details of a reader's own failures; a raised one of the same name has none.
  private static String streamText(Throwable fault) {
    return switch (fault) {
      case IncompleteReadException incomplete ->
          "(partial="
              + Values.text(StreamOps.bytes(incomplete.partial()), Object::toString)
              + ", expected="
              + incomplete.expected()
              + ")";
      case LimitOverrunException overrun -> "(consumed=" + overrun.consumed() + ")";
      default -> "";
    };
  }

  private static String membersText(Throwable group) {
    return members(group).stream().map(Faults::text).collect(Collectors.joining(", ", "[", "]"));
  }

  static List<Throwable> members(Throwable group) {
    return ((ExceptionGroup) group).exceptions();
  }

  /// {@return the message of a type that shows it, or null if there is none}
  static @Nullable Object message(Throwable fault) {
    Object message =
        switch (fault) {
          case CancelledError cancelled -> CancelMessages.decode(cancelled.getMessage());
          case Raised raised
              when isInstance(fault, "AppError")
                  || raised.type().equals("OtherError")
                  || raised.type().equals("BaseError") ->
              raised.message();
          default -> null;
        };
    return "".equals(message) ? null : message;
  }
}
