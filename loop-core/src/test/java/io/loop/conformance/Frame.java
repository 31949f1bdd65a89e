package io.loop.conformance;

import java.math.BigDecimal;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One invocation of a body: its variables, and the expressions read in it.
final class Frame {

  private final Program program;
  private final Map<String, @Nullable Object> locals = new HashMap<>();

  /// The exceptions whose `except` clauses are running, innermost first.
  final Deque<Throwable> caught = new ArrayDeque<>();

  /// What a `return` op gave.
  @Nullable Object returned;

  Frame(Program program, Scenario.Body body, List<?> args) {
    this.program = program;
    for (int i = 0; i < body.params().size(); i++) {
      set(body.params().get(i), i < args.size() ? args.get(i) : null);
    }
  }

  Program program() {
    return program;
  }

  @Nullable Object get(String name) {
    return scope(name).get(name);
  }

  void set(String name, @Nullable Object value) {
    scope(name).put(name, value);
  }

  private Map<String, @Nullable Object> scope(String name) {
    boolean shared = !name.isEmpty() && Character.isUpperCase(name.charAt(0));
    return shared ? program.globals() : locals;
  }

  /// {@return the value of an expression in a field; null if there is no such field}
  @Nullable Object value(Node op, String field) {
    return eval(op.raw(field));
  }

  long number(Node op, String field) {
    if (value(op, field) instanceof Long number) {
      return number;
    }
    throw new UnsupportedScenario("field " + field + " of " + op.raw("op") + " is not a number");
  }

  @Nullable Long numberOrNull(Node op, String field) {
    return value(op, field) == null ? null : number(op, field);
  }

  @Nullable String textOrNull(Node op, String field) {
    Object value = value(op, field);
    return value == null ? null : value.toString();
  }

  boolean truth(Node op, String field) {
    return Values.isTrue(value(op, field));
  }

  /// {@return the values of a list of expressions}
  List<@Nullable Object> values(Node op, String field) {
    return evalAll(op.list(field));
  }

  /// {@return the elements of a list-valued expression that are not null}
  List<Object> items(Node op) {
    List<Object> items = new ArrayList<>();
    if (value(op, "items") instanceof List<?> list) {
      list.stream().filter(Objects::nonNull).forEach(items::add);
    }
    return items;
  }

  @Nullable Object eval(@Nullable Object expression) {
    return switch (expression) {
      case String text when text.startsWith("$") -> get(text.substring(1));
      case List<?> call when !call.isEmpty() && call.getFirst() instanceof String function ->
          call(function, call.subList(1, call.size()));
      case List<?> _, Node _, BigDecimal _ ->
          throw new UnsupportedScenario("expression " + expression);
      case null, default -> expression;
    };
  }

  private List<@Nullable Object> evalAll(List<?> expressions) {
    List<@Nullable Object> values = new ArrayList<>();
    expressions.forEach(expression -> values.add(eval(expression)));
    return values;
  }

  private @Nullable Object call(String function, List<?> arguments) {
    return switch (function) {
      case "and" -> arguments.stream().allMatch(argument -> Values.isTrue(eval(argument)));
      case "or" -> arguments.stream().anyMatch(argument -> Values.isTrue(eval(argument)));
      default -> Functions.apply(function, program, evalAll(arguments));
    };
  }
}
