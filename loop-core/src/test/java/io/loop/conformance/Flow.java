package io.loop.conformance;

import io.loop.AsCompleted;
import io.loop.Asyncio;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Runs lists of ops: sequence, choice, repetition and exceptions.
final class Flow {

  /// How a list of ops ended.
  enum Signal {
    NEXT,
    BREAK,
    CONTINUE,
    RETURN
  }

  private Flow() {}

  static Signal run(Frame frame, List<Node> ops) throws Exception {
    for (Node op : ops) {
      Signal signal = step(frame, op);
      if (signal != Signal.NEXT) {
        return signal;
      }
    }
    return Signal.NEXT;
  }

  private static Signal step(Frame frame, Node op) throws Exception {
    Program program = frame.program();
    try {
      program.countOp();
      return execute(frame, op);
    } catch (UnsupportedScenario reason) {
      program.giveUp(reason);
      throw reason;
    } catch (ClassCastException
        | NullPointerException
        | IndexOutOfBoundsException
        | ArithmeticException
        | StackOverflowError bug) {
      var reason = new UnsupportedScenario("op " + op.raw("op") + ": " + bug);
      program.giveUp(reason);
      throw reason;
    }
  }

  private static Signal execute(Frame frame, Node op) throws Exception {
    Object on = null;
    if (op.has("on")) {
      on = frame.value(op, "on");
      if (on == null) {
        setResult(frame, op, null);
        return Signal.NEXT;
      }
    }
    switch (op.text("op")) {
      case "if" -> {
        return run(frame, op.nodes(frame.truth(op, "cond") ? "then" : "else"));
      }
      case "while" -> {
        return whileTrue(frame, op);
      }
      case "repeat" -> {
        return repeat(frame, op);
      }
      case "for" -> {
        return forEach(frame, op);
      }
      case "break" -> {
        return Signal.BREAK;
      }
      case "continue" -> {
        return Signal.CONTINUE;
      }
      case "return" -> {
        frame.returned = frame.value(op, "value");
        return Signal.RETURN;
      }
      case "raise" -> raise(frame, op);
      case "try" -> {
        return attempt(frame, op);
      }
      case "with" -> {
        return Blocks.with(frame, op, on);
      }
      case "as_completed" -> {
        return asCompleted(frame, op);
      }
      default -> setResult(frame, op, Ops.run(frame, op, on));
    }
    return Signal.NEXT;
  }

  private static void setResult(Frame frame, Node op, @Nullable Object result) {
    if (op.names("to")) {
      frame.set(op.text("to"), result);
    }
  }

  /// {@return whether the loop whose body ended so goes on}
  static boolean goesOn(Signal signal) {
    return signal == Signal.NEXT || signal == Signal.CONTINUE;
  }

  /// {@return how a loop ends whose body ended so}
  static Signal afterLoop(Signal signal) {
    return signal == Signal.RETURN ? Signal.RETURN : Signal.NEXT;
  }

  private static Signal whileTrue(Frame frame, Node op) throws Exception {
    Signal signal = Signal.NEXT;
    while (goesOn(signal) && frame.truth(op, "cond")) {
      frame.program().countOp();
      signal = run(frame, op.nodes("body"));
    }
    return afterLoop(signal);
  }

  private static Signal repeat(Frame frame, Node op) throws Exception {
    long times = frame.number(op, "times");
    Signal signal = Signal.NEXT;
    for (long i = 0; i < times && goesOn(signal); i++) {
      signal = iterate(frame, op, i);
    }
    return afterLoop(signal);
  }

  private static Signal forEach(Frame frame, Node op) throws Exception {
    Signal signal = Signal.NEXT;
    if (frame.value(op, "in") instanceof List<?> list) {
      for (Object item : new ArrayList<>(list)) {
        if (!goesOn(signal)) {
          break;
        }
        signal = iterate(frame, op, item);
      }
    }
    return afterLoop(signal);
  }

  private static Signal asCompleted(Frame frame, Node op) throws Exception {
    AsCompleted<?> all =
        Asyncio.asCompleted(TaskOps.awaitables(frame.items(op)), TaskOps.timeout(frame, op));
    Iterable<?> steps =
        switch (op.text("form")) {
          case "plain" -> all.results();
          case "async" -> all;
          default -> throw new UnsupportedScenario("form " + op.text("form"));
        };
    Signal signal = Signal.NEXT;
    var step = steps.iterator();
    while (goesOn(signal) && step.hasNext()) {
      signal = iterate(frame, op, step.next());
    }
    return afterLoop(signal);
  }

  /// Runs the body of a loop once, for one value of its variable.
  static Signal iterate(Frame frame, Node op, @Nullable Object item) throws Exception {
    frame.program().countOp();
    if (op.names("var")) {
      frame.set(op.text("var"), item);
    }
    return run(frame, op.nodes("body"));
  }

  private static Signal attempt(Frame frame, Node op) throws Exception {
    Signal signal;
    try {
      signal = guarded(frame, op);
    } catch (UnsupportedScenario reason) {
      throw reason;
    } catch (Throwable fault) {
      run(frame, op.nodes("finally"));
      throw fault;
    }
    run(frame, op.nodes("finally"));
    return signal;
  }

  private static Signal guarded(Frame frame, Node op) throws Exception {
    Signal signal;
    try {
      signal = run(frame, op.nodes("body"));
    } catch (UnsupportedScenario reason) {
      throw reason;
    } catch (Throwable fault) {
      return handle(frame, op, fault);
    }
    return signal == Signal.NEXT ? run(frame, op.nodes("else")) : signal;
  }

  private static Signal handle(Frame frame, Node op, Throwable fault) throws Exception {
    for (Node clause : op.nodes("except")) {
      boolean matches =
          clause.list("types").stream().anyMatch(type -> Faults.isInstance(fault, (String) type));
      if (matches) {
        frame.program().trace("caught", frame.program().text(fault));
        if (clause.names("as")) {
          frame.set(clause.text("as"), fault);
        }
        frame.caught.push(fault);
        try {
          return run(frame, clause.nodes("body"));
        } finally {
          frame.caught.pop();
        }
      }
    }
    throw thrown(fault);
  }

  private static void raise(Frame frame, Node op) {
    if (!op.has("type") && !op.has("exc")) {
      throw thrown(frame.caught.element());
    }
    Throwable fault = fault(frame, op);
    if (fault != null) {
      if (op.has("from")) {
        frame.program().setCause(fault, (Throwable) frame.value(op, "from"));
      }
      throw thrown(fault);
    }
  }

  /// {@return the exception that an op names: a new one of its type, or the object}
  static @Nullable Throwable fault(Frame frame, Node op) {
    return op.has("type")
        ? Faults.raise(op.text("type"), frame.value(op, "msg"))
        : (Throwable) frame.value(op, "exc");
  }

  /// Throws anything, declared or not; never returns.
  static RuntimeException thrown(Throwable fault) {
    throw Flow.<RuntimeException>sneak(fault);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // erased: nothing is cast
  private static <X extends Throwable> X sneak(Throwable fault) throws X {
    throw (X) fault;
  }
}
