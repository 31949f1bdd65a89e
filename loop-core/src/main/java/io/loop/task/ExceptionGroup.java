package io.loop.task;

import java.io.Serial;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Several failures at once.
///
/// The members are also suppressed exceptions of the group, so a printed stack trace shows them
/// all.
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
  /// @throws IllegalArgumentException if there is no member
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

  /// {@return the part of this group whose leaves match, nested groups kept, or null if none does}
  ///
  /// @param condition what a leaf or a whole group must satisfy
  public @Nullable ExceptionGroup subgroup(Predicate<? super Throwable> condition) {
    if (condition.test(this)) {
      return this;
    }
    List<Throwable> matching = new ArrayList<>();
    for (Throwable member : exceptions) {
      if (member instanceof ExceptionGroup nested) {
        ExceptionGroup part = nested.subgroup(condition);
        if (part != null) {
          matching.add(part);
        }
      } else if (condition.test(member)) {
        matching.add(member);
      }
    }
    return matching.isEmpty() ? null : derive(matching);
  }

  private ExceptionGroup derive(List<Throwable> members) {
    String message = String.valueOf(getMessage());
    return new ExceptionGroup(message.substring(0, message.lastIndexOf(" (")), members);
  }
}
