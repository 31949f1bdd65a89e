package io.loop.task;

import java.io.Serial;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A group of exceptions that were thrown together.
///
/// The members are also suppressed exceptions of the group, so a printed stack trace shows all of
/// them.
///
/// Source: `ExceptionGroup` and `BaseExceptionGroup`, Python 3.15 (PEP 654), as one class: members
/// may be any throwables.
public final class ExceptionGroup extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  private final transient List<Throwable> exceptions;

  /// Creates a group.
  ///
  /// @param message what failed
  /// @param exceptions the members, at least one, in order
  /// @throws IllegalArgumentException if `exceptions` is empty
  public ExceptionGroup(String message, List<? extends Throwable> exceptions) {
    super(message + " (" + exceptions.size() + plural(exceptions.size()));
    if (exceptions.isEmpty()) {
      throw new IllegalArgumentException("an exception group needs at least one exception");
    }
    this.exceptions = List.copyOf(exceptions);
    this.exceptions.forEach(this::addSuppressed);
  }

  private static String plural(int count) {
    return count == 1 ? " sub-exception)" : " sub-exceptions)";
  }

  /// {@return the members, in order}
  public List<Throwable> exceptions() {
    return exceptions;
  }

  /// The result of [#split].
  ///
  /// @param matching the part whose leaves match; null if none match
  /// @param rest the part whose leaves do not match; null if all match
  public record Split(@Nullable ExceptionGroup matching, @Nullable ExceptionGroup rest) {}

  /// {@return the part of this group whose leaves match, with nested groups kept, or null if none
  /// match}
  ///
  /// @param condition the condition, tested on leaves and on whole groups
  public @Nullable ExceptionGroup subgroup(Predicate<? super Throwable> condition) {
    return split(condition).matching();
  }

  /// {@return the part of this group whose leaves have a given type, or null if none do}
  ///
  /// @param type the type
  public @Nullable ExceptionGroup subgroup(Class<? extends Throwable> type) {
    return subgroup(type::isInstance);
  }

  /// {@return two parts of this group: the one whose leaves match, and the one whose leaves do not}
  /// Nested groups, messages, stack traces and causes are kept. If the group as a whole matches,
  /// the matching part is the group itself.
  ///
  /// Source: `ExceptionGroup.split`, and `except*`.
  ///
  /// @param condition the condition, tested on leaves and on whole groups
  public Split split(Predicate<? super Throwable> condition) {
    if (condition.test(this)) {
      return new Split(this, null);
    }
    List<Throwable> matching = new ArrayList<>();
    List<Throwable> rest = new ArrayList<>();
    for (Throwable member : exceptions) {
      if (member instanceof ExceptionGroup nested) {
        Split parts = nested.split(condition);
        addIfThere(matching, parts.matching());
        addIfThere(rest, parts.rest());
      } else {
        (condition.test(member) ? matching : rest).add(member);
      }
    }
    return new Split(derive(matching), derive(rest));
  }

  /// {@return two parts of this group: the one whose leaves have a given type, and the rest}
  ///
  /// @param type the type
  public Split split(Class<? extends Throwable> type) {
    return split(type::isInstance);
  }

  private static void addIfThere(List<Throwable> members, @Nullable ExceptionGroup part) {
    if (part != null) {
      members.add(part);
    }
  }

  private @Nullable ExceptionGroup derive(List<Throwable> members) {
    if (members.isEmpty()) {
      return null;
    }
    String message = String.valueOf(getMessage());
    var part = new ExceptionGroup(message.substring(0, message.lastIndexOf(" (")), members);
    part.setStackTrace(getStackTrace());
    if (getCause() != null) {
      part.initCause(getCause());
    }
    return part;
  }
}
