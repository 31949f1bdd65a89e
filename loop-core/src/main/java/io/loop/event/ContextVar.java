package io.loop.event;

import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/// A variable with one value per [Context], and so per task.
///
/// Any thread: on a loop the current context is that of the running task or callback, elsewhere
/// each thread has its own. Identity is what counts; keep a variable in a `static final` field.
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

  /// {@return a variable whose value is a default where it is not set}
  ///
  /// @param name a name for messages
  /// @param defaultValue the value where it is not set
  /// @param <T> the type of the values
  public static <T extends @Nullable Object> ContextVar<T> of(String name, T defaultValue) {
    return new ContextVar<>(name, true, defaultValue);
  }

  /// {@return the name}
  public String name() {
    return name;
  }

  /// {@return the value in the current context, else the default}
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

  /// {@return the value in the current context, else a fallback; the variable's own default is not
  /// looked at}
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
  /// @return a token that [#reset] takes to bring the old value back
  public Token<T> set(T value) {
    Context context = CurrentContext.here().context();
    var token = new Token<>(this, context, context.values);
    context.values = context.values.with(this, value);
    return token;
  }

  /// Brings back the value that was there before a call of [#set].
  ///
  /// @param token what that call returned
  /// @throws IllegalStateException if the token was used already
  /// @throws IllegalArgumentException if it was made by another variable or in another context
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

  /// What [ContextVar#set] returns: the way back.
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

    /// {@return the variable that made this token}
    public ContextVar<T> variable() {
      return variable;
    }
  }
}
