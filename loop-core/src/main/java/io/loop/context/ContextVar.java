package io.loop.context;

import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// A variable with one value per [Context], and therefore per task.
///
/// Any thread. On a loop, the current context is that of the running task or callback; elsewhere
/// each thread has its own. Variables are compared by identity, so keep each in a `static final`
/// field.
///
/// Source: `contextvars.ContextVar`, Python 3.15.
///
/// @param <T> the type of the values
public final class ContextVar<T extends @Nullable Object> {

  private final String name;
  private final boolean hasDefault;
  private final @Nullable T defaultValue;

  private ContextVar(String name, boolean hasDefault, @Nullable T defaultValue) {
    this.name = name;
    this.hasDefault = hasDefault;
    this.defaultValue = defaultValue;
  }

  /// {@return a variable without a default}
  ///
  /// @param name a name for messages
  /// @param <T> the type of the values
  public static <T extends @Nullable Object> ContextVar<T> of(String name) {
    return new ContextVar<>(name, false, null);
  }

  /// {@return a variable with a default value}
  ///
  /// @param name a name for messages
  /// @param defaultValue the value in contexts where it is not set
  /// @param <T> the type of the values
  public static <T extends @Nullable Object> ContextVar<T> of(String name, T defaultValue) {
    return new ContextVar<>(name, true, defaultValue);
  }

  /// {@return the name}
  public String name() {
    return name;
  }

  /// {@return the value in the current context, or the default if it is not set}
  ///
  /// @throws NoSuchElementException if it is not set here and has no default
  @SuppressWarnings({"unchecked", "NullAway"}) // stored by set(T) alone; null only if T allows it
  public T get() {
    ContextValues values = CurrentContext.here().values();
    if (values.contains(this)) {
      return (T) values.get(this);
    }
    if (hasDefault) {
      return defaultValue;
    }
    throw new NoSuchElementException(
        "context variable '" + name + "' is not set here and has no default; use get(fallback)");
  }

  /// {@return the value in the current context, or a fallback if it is not set; the variable's own
  /// default is ignored}
  ///
  /// @param fallback the value if it is not set here
  @SuppressWarnings({"unchecked", "NullAway"}) // as in get()
  public T get(T fallback) {
    ContextValues values = CurrentContext.here().values();
    return values.contains(this) ? (T) values.get(this) : fallback;
  }

  /// Sets the value in the current context.
  ///
  /// @param value the new value
  /// @return a token to restore the old value with [#reset]
  public Token<T> set(T value) {
    Context context = CurrentContext.here().context();
    var token = new Token<>(this, context, context.values);
    context.values = context.values.with(this, value);
    return token;
  }

  /// Restores the value from before a call of [#set].
  ///
  /// @param token the token that the call returned
  /// @throws IllegalStateException if the token was already used
  /// @throws IllegalArgumentException if it was created by another variable or in another context
  public void reset(Token<T> token) {
    if (token.used) {
      throw new IllegalStateException("token of '" + name + "' has been used once already");
    }
    if (token.variable != this) {
      throw new IllegalArgumentException(
          "token was made by variable '" + token.variable.name + "', not by '" + name + "'");
    }
    Context context = CurrentContext.here().context();
    if (token.context != context) {
      throw new IllegalArgumentException(
          "token of '" + name + "' was made in another context; reset it where it was set");
    }
    token.used = true;
    context.values =
        token.before.contains(this)
            ? context.values.with(this, token.before.get(this))
            : context.values.without(this);
  }

  @Override
  public String toString() {
    return "<ContextVar " + name + ">";
  }

  /// The result of [ContextVar#set], which restores the old value.
  ///
  /// @param <T> the type of the variable's values
  public static final class Token<T extends @Nullable Object> {
    private final ContextVar<T> variable;
    private final Context context;
    private final ContextValues before;
    private boolean used;

    private Token(ContextVar<T> variable, Context context, ContextValues before) {
      this.variable = variable;
      this.context = context;
      this.before = before;
    }

    /// {@return the variable that created this token}
    public ContextVar<T> variable() {
      return variable;
    }
  }
}
